// Error codes of the sandbox's own programs.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

inline constexpr ErrorCode sandbox_refused{"sandbox_refused"};          // the server said no; the detail has its words
inline constexpr ErrorCode sandbox_role_needed{"sandbox_role_needed"};  // of a person with several
inline constexpr ErrorCode security_key_unreachable{"security_key_unreachable"};
inline constexpr ErrorCode security_key_cannot_verify{"security_key_cannot_verify"};  // neither a reader nor a PIN
inline constexpr ErrorCode security_key_refused{"security_key_refused"};
inline constexpr ErrorCode security_key_no_pin{"security_key_no_pin"};  // asked for, and nobody typed one

}  // namespace tegata::errors
