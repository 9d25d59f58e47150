#include "rp/server/guess_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "rp/server/config.h"
#include "rp/server/errors.h"

namespace tegata::server {
namespace {

constexpr std::size_t key_bytes = 32;

Error unusable(const std::string& path, const char* what) { return Error(errors::config_invalid, path + ": " + what); }

bool write_all(int descriptor, ByteView bytes) {
  return ::write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
         ::fsync(descriptor) == 0;
}

void sync_directory_of(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path();
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// Whole or not at all: written beside its place, then linked to it. Whoever loses the race uses the winner's key.
Status make(const std::string& path, Random& random) {
  const auto temporary = path + ".new-" + std::to_string(::getpid());
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return unusable(path, "cannot be made");
  const bool written = write_all(descriptor, random_bytes(random, key_bytes));
  ::close(descriptor);
  const bool placed = written && (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  ::unlink(temporary.c_str());
  if (!placed) return unusable(path, "cannot be written");
  sync_directory_of(path);
  return {};
}

}  // namespace

Result<Bytes> guess_key(const std::string& path, Random& random) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) TEGATA_TRY(make(path, random));
  TEGATA_ASSIGN(const auto text, read_file(path));
  if (text.size() != key_bytes) return unusable(path, "is not a key of 32 bytes");
  return to_bytes(as_bytes(text));
}

}  // namespace tegata::server
