#include "rp/host/file_parts.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "rp/host/errors.h"

namespace tegata::host {

std::string name_of_user(uid_t user) {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found) return found->pw_name;
  return "uid " + std::to_string(user);
}

std::string describe(const std::string& path, const struct stat& facts) {
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(facts.st_mode & 07777));
  return path + " (mode " + mode.data() + ", owner " + name_of_user(facts.st_uid) + ")";
}

Error not_opened(const std::string& path) {
  return Error(errors::file_unreadable, path + ": cannot be opened: " + std::strerror(errno));
}

Result<std::string> read_all(int file, const std::string& path, std::size_t most) {
  std::string text;
  std::array<char, 16384> part;
  for (;;) {
    const auto count = ::read(file, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error(errors::file_unreadable, path + ": cannot be read: " + std::strerror(errno));
    if (count == 0) break;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > most)
      return Error(errors::file_unreadable, path + ": has more than " + std::to_string(most) + " bytes");
  }
  if (text.empty()) return Error(errors::file_unreadable, path + ": is empty");
  return text;
}

}  // namespace tegata::host
