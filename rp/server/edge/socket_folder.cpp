#include "rp/server/edge/socket_folder.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "rp/host/descriptor.h"
#include "rp/host/private_file.h"
#include "rp/server/config/errors.h"

namespace tegata::server::edge {
namespace {

constexpr std::size_t longest_socket_path = 99;  // sun_path has 108 bytes; some systems fewer

// Only root may give a file to a group that it is not in.
bool is_member(gid_t group) {
  if (::geteuid() == 0 || ::getegid() == group) return true;
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const auto count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  return std::find(groups.begin(), groups.begin() + std::max(count, 0), group) != groups.begin() + std::max(count, 0);
}

Status verify_group(const SocketPlace& place, std::optional<gid_t> there) {
  if (!place.group) return {};
  const auto wanted = static_cast<gid_t>(*place.group);
  // A folder with the setgid bit hands its group on.
  if (there == wanted || is_member(wanted)) return {};
  return socket_unusable(place.directory,
                         "may not be given to the group " + std::to_string(wanted) +
                             " of [haproxy] group, without which the proxy cannot come in: add that group "
                             "to SupplementaryGroups= of this service");
}

// Whoever may enter it may become the proxy; whoever owns it may become the server.
Status verify_directory(const SocketPlace& place) {
  const auto& directory = place.directory;
  if (!host::is_there(directory)) {
    if (const auto there = host::verify_place(directory); !there)
      return socket_unusable(directory, there.error().detail());
    return verify_group(place, std::nullopt);
  }
  struct stat facts {};
  if (::stat(directory.c_str(), &facts) != 0) return socket_unusable(directory, std::strerror(errno));
  if (!S_ISDIR(facts.st_mode)) return socket_unusable(directory, "is no folder");
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0) return socket_unusable(directory, "belongs to somebody else");
  if (facts.st_uid != ::geteuid() && (facts.st_mode & 0007) != 0)
    return socket_unusable(directory, "is open to everybody");
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return socket_unusable(directory, std::strerror(errno));
  return verify_group(place, facts.st_gid);
}

bool give_to_group(const std::string& path, const SocketPlace& place) {
  struct stat facts {};
  if (!place.group || ::stat(path.c_str(), &facts) != 0) return !place.group;
  const auto wanted = static_cast<gid_t>(*place.group);
  return facts.st_gid == wanted || ::chown(path.c_str(), static_cast<uid_t>(-1), wanted) == 0;
}

Status make_directory(const SocketPlace& place) {
  const auto& directory = place.directory;
  if (const auto made = host::make_private_directory(directory); !made)
    return socket_unusable(directory, made.error().detail());
  struct stat facts {};
  if (::stat(directory.c_str(), &facts) != 0) return socket_unusable(directory, std::strerror(errno));
  if (facts.st_uid != ::geteuid()) return {};
  // The setgid bit stays where an operator set it.
  const auto mode = static_cast<mode_t>(0750 | (facts.st_mode & S_ISGID));
  const bool right = (facts.st_mode & 07777) == mode || ::chmod(directory.c_str(), mode) == 0;
  if (!right || !give_to_group(directory, place)) return socket_unusable(directory, std::strerror(errno));
  return {};
}

Status verify_path(const std::string& path) {
  if (path.size() <= longest_socket_path) return {};
  return socket_unusable(path, "is longer than " + std::to_string(longest_socket_path) + " bytes");
}

// True where a server answers on the socket already.
bool is_alive(const std::string& path) {
  const host::Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = address_of_socket(path);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace

sockaddr_un address_of_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

Error socket_unusable(const std::string& path, const std::string& why) {
  return Error(errors::server_socket_unusable, path + ": " + why);
}

Status verify_socket_place(const SocketPlace& place) {
  TEGATA_TRY(verify_path(place.path()));
  return verify_directory(place);
}

Status prepare_socket_folder(const SocketPlace& place) {
  TEGATA_TRY(verify_socket_place(place));
  TEGATA_TRY(make_directory(place));
  if (is_alive(place.path())) return socket_unusable(place.path(), "another server is listening there");
  ::unlink(place.path().c_str());
  return {};
}

Status open_socket_to_group(const SocketPlace& place) {
  if (give_to_group(place.path(), place) && ::chmod(place.path().c_str(), 0660) == 0) return {};
  return socket_unusable(place.path(), std::strerror(errno));
}

}  // namespace tegata::server::edge
