// Error codes of the sandbox's own programs.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

inline constexpr ErrorCode sandbox_refused{"sandbox_refused"};          // the server said no; the detail has its words
inline constexpr ErrorCode sandbox_role_needed{"sandbox_role_needed"};  // of a person with several

}  // namespace tegata::errors
