#include "rp/host/public_file.h"

#include <fcntl.h>

#include "rp/host/descriptor.h"
#include "rp/host/errors.h"
#include "rp/host/file_parts.h"

namespace tegata::host {

namespace {

Result<Descriptor> open_public(const std::string& path) {
  // Without O_NONBLOCK a pipe in its place would keep us waiting.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return not_opened(path);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return not_opened(path);
  if (!S_ISREG(facts.st_mode)) return Error(errors::file_unreadable, path + ": is no regular file");
  if ((facts.st_mode & S_IWOTH) != 0) {
    return Error(errors::file_open_to_others, describe(path, facts) + ": anybody may write it: chmod o-w " + path);
  }
  return file;
}

}  // namespace

Result<std::string> read_public_file(const std::string& path, std::size_t most) {
  TEGATA_ASSIGN(const auto file, open_public(path));
  return read_all(file.get(), path, most);
}

Status verify_public_file(const std::string& path) {
  TEGATA_TRY(open_public(path));
  return {};
}

Result<std::string> read_input(const std::string& path, std::size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC));
  if (!file) return not_opened(path);
  return read_all(file.get(), path, most);
}

}  // namespace tegata::host
