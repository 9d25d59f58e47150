// Error codes of rp/cli.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// What was typed, or a file that it names, makes no sense: exit code 2.
inline constexpr ErrorCode cli_option_invalid{"cli_option_invalid"};

}  // namespace tegata::errors
