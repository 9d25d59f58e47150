#include "rp/server/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "rp/server/errors.h"

namespace tegata::server {
namespace {

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

bool put(const std::string& temporary, const std::string& path, bool keep) {
  if (!keep) return ::rename(temporary.c_str(), path.c_str()) == 0;
  const bool placed = ::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST;
  ::unlink(temporary.c_str());
  return placed;
}

bool sync_directory_of(const std::string& path) {
  const auto directory = std::filesystem::absolute(path).parent_path();
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced;
}

}  // namespace

Status make_private_directory(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (!fs::create_directories(path, failed)) {
    return fs::is_directory(path, failed) ? Status() : Error(errors::file_not_written, path + ": cannot be made");
  }
  fs::permissions(path, fs::perms::owner_all, failed);
  return {};
}

Status write_private_file(const std::string& path, std::string_view text, bool keep) {
  const auto temporary = path + ".new-" + std::to_string(::getpid());
  // What was left there, or put there by others, is not written into.
  ::unlink(temporary.c_str());
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return Error(errors::file_not_written, path + ": cannot be made");
  const bool written = write_all(descriptor, text);
  ::close(descriptor);
  if (!written) {
    ::unlink(temporary.c_str());
    return Error(errors::file_not_written, path + ": cannot be written");
  }
  if (!put(temporary, path, keep)) return Error(errors::file_not_written, path + ": cannot be put in its place");
  if (!sync_directory_of(path)) return Error(errors::file_not_written, path + ": its folder cannot be synced");
  return {};
}

}  // namespace tegata::server
