// Files that keep no secret.
#pragma once

#include <cstddef>
#include <string>

#include "rp/base/result.h"

namespace tegata::host {

inline constexpr std::size_t largest_file = 64 * 1024 * 1024;

// What the configuration names and the program believes: certificates, anchors, lists, the configuration itself. Links
// are followed, the owner may be anybody, but not everybody may write it. Errors: file_unreadable (also where it is
// empty or larger), file_open_to_others.
Result<std::string> read_public_file(const std::string& path, std::size_t most = largest_file);

// Judged as above, and not read: what is loaded or given to others. Errors as above.
Status verify_public_file(const std::string& path);

// What an operator names on the command line: any rights, and a pipe will do. Error: file_unreadable.
Result<std::string> read_input(const std::string& path, std::size_t most = largest_file);

}  // namespace tegata::host
