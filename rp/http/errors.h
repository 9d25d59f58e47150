// Error codes of rp/http.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

inline constexpr ErrorCode http_not_found{"http_not_found"};
inline constexpr ErrorCode http_method_not_allowed{"http_method_not_allowed"};
inline constexpr ErrorCode http_content_type{"http_content_type"};
inline constexpr ErrorCode http_form_malformed{"http_form_malformed"};
inline constexpr ErrorCode http_form_duplicate{"http_form_duplicate"};
inline constexpr ErrorCode http_cross_site{"http_cross_site"};
// Cookies that no browser holds by our doing: somebody else wrote some of them.
inline constexpr ErrorCode http_cookies_unusable{"http_cookies_unusable"};

}  // namespace tegata::errors
