// Asking the person at the terminal.
#pragma once

#include <string>

#include "rp/base/result.h"

namespace tegata::sandbox {

// Shows `prompt` on standard error and reads a line from standard input, unseen where that is a terminal.
// Error: security_key_no_pin (end of input, or an empty line).
Result<std::string> ask_pin(const std::string& prompt);

}  // namespace tegata::sandbox
