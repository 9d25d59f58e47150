#include "rp/store/engine/read_only.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "rp/host/private_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::engine {
namespace {

Status verify_may_write(const std::string& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) return {};
  return Error(errors::store_unavailable, path + ": cannot be written: " + std::strerror(errno) +
                                              ": give it to this user, or mount it for writing");
}

std::string folder_beside(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

off_t size_of(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0 ? facts.st_size : 0;
}

}  // namespace

Status verify_writable(const std::string& database) {
  TEGATA_TRY(verify_may_write(database));
  return verify_may_write(folder_beside(database));
}

Result<std::optional<StillFile>> StillFile::find(const std::string& database) {
  const std::optional<StillFile> as_ever;
  const auto log = database + "-wal";
  if (verify_may_write(folder_beside(database)) || host::is_there(database + "-shm")) return as_ever;
  if (size_of(log) == 0) return std::optional<StillFile>(of(database));
  return Error(errors::store_unavailable,
               log +
                   ": holds what was committed last, and cannot be read where nothing may be "
                   "written: copy the database with it to another folder");
}

StillFile::Edition StillFile::look(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_mtim, facts.st_size, facts.st_ino};
}

std::string StillFile::uri() const {
  std::string out = "file:";
  for (const char c : path_) {
    if (c == '%') out += "%25";
    if (c == '?') out += "%3f";
    if (c == '#') out += "%23";
    if (c != '%' && c != '?' && c != '#') out += c;
  }
  return out + "?immutable=1";
}

Status StillFile::verify() const {
  const bool still = look(path_) == edition_ && size_of(path_ + "-wal") == 0;
  return still ? Status() : Error(errors::store_busy, path_ + ": was written while it was read: ask again");
}

}  // namespace tegata::store::engine
