// Error codes of rp/base.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

inline constexpr ErrorCode base64url_malformed{"base64url_malformed"};
inline constexpr ErrorCode base64_malformed{"base64_malformed"};
inline constexpr ErrorCode csv_malformed{"csv_malformed"};
inline constexpr ErrorCode hex_malformed{"hex_malformed"};
inline constexpr ErrorCode instant_malformed{"instant_malformed"};
inline constexpr ErrorCode json_malformed{"json_malformed"};
inline constexpr ErrorCode json_too_large{"json_too_large"};
inline constexpr ErrorCode json_too_deep{"json_too_deep"};
inline constexpr ErrorCode json_duplicate_key{"json_duplicate_key"};
inline constexpr ErrorCode json_bad_utf8{"json_bad_utf8"};
inline constexpr ErrorCode json_member_missing{"json_member_missing"};
inline constexpr ErrorCode json_member_type{"json_member_type"};
// Something that cannot happen did: the log has the detail, the person gets an apology.
inline constexpr ErrorCode internal{"internal"};

}  // namespace tegata::errors
