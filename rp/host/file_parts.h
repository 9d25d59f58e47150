// What reading private and public files has in common; for rp/host.
#pragma once

#include <sys/stat.h>

#include <string>

#include "rp/base/error.h"
#include "rp/base/result.h"

namespace tegata::host {

// "tegata", or "uid 998" where nobody has that number.
std::string name_of_user(uid_t user);
// "/etc/tegata/audit.key (mode 0644, owner tegata)"
std::string describe(const std::string& path, const struct stat& facts);
// file_unreadable, with what errno says.
Error not_opened(const std::string& path);
// To the end of it. Error: file_unreadable, where it is empty, larger, or does not let itself be read.
Result<std::string> read_all(int file, const std::string& path, std::size_t most);

}  // namespace tegata::host
