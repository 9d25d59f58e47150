// Error codes of the software authenticator.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

inline constexpr ErrorCode authenticator_file_malformed{"authenticator_file_malformed"};
inline constexpr ErrorCode authenticator_algorithm_unsupported{"authenticator_algorithm_unsupported"};
inline constexpr ErrorCode authenticator_excluded{"authenticator_excluded"};
inline constexpr ErrorCode authenticator_no_credential{"authenticator_no_credential"};

}  // namespace tegata::errors
