// Error codes of what the machine gives: files, the process.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// A file that is not there, cannot be opened, is no regular file, is empty, or is larger than it may be.
inline constexpr ErrorCode file_unreadable{"file_unreadable"};
// Others may read or write a file that keeps a secret, or write one that is believed.
inline constexpr ErrorCode file_open_to_others{"file_open_to_others"};
inline constexpr ErrorCode file_not_written{"file_not_written"};
// The process may not have what the configuration needs.
inline constexpr ErrorCode process_limit_too_low{"process_limit_too_low"};

}  // namespace tegata::errors
