#include "rp/server/edge/proxy_account.h"

#include <grp.h>
#include <pwd.h>

#include <array>

#include "rp/server/config/errors.h"

namespace tegata::server::edge {

Result<std::optional<ProxyAccount>> find_proxy_account(const config::HaproxyConfig& config) {
  if (config.user.empty()) return std::optional<ProxyAccount>();
  std::array<char, 16384> room{};
  passwd person{};
  passwd* user = nullptr;
  if (::getpwnam_r(config.user.c_str(), &person, room.data(), room.size(), &user) != 0 || !user) {
    return Error(errors::config_invalid, "haproxy.user: this machine has no user " + config.user +
                                             ": install the package haproxy, name another, or \"\" for whoever starts "
                                             "HAProxy");
  }
  ProxyAccount out{person.pw_uid, 0};
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrnam_r(config.group.c_str(), &entry, room.data(), room.size(), &found) != 0 || !found) {
    return Error(errors::config_invalid, "haproxy.group: this machine has no group " + config.group);
  }
  out.group = entry.gr_gid;
  return std::optional(out);
}

}  // namespace tegata::server::edge
