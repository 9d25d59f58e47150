// Files that only we may read, and that are there whole or not at all, also after a power cut.
#pragma once

#include <string>
#include <string_view>

#include "rp/base/result.h"

namespace tegata::server {

// Written beside its place (0600), synced, then put there. Where `keep` is set and something stands there already, that
// stays and nothing is written over it. Error: file_not_written.
Status write_private_file(const std::string& path, std::string_view text, bool keep);

// A directory that only we may enter (0700), with those above it; one that is there stays as it is.
// Error: file_not_written.
Status make_private_directory(const std::string& path);

}  // namespace tegata::server
