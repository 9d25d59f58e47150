// As whom HAProxy runs, so that it can be let in to the sockets.
#pragma once

#include <sys/types.h>

#include <optional>

#include "rp/server/config/config.h"

namespace tegata::server::edge {

struct ProxyAccount {
  uid_t user = 0;
  gid_t group = 0;
};

// Of [haproxy] user and group; nothing where none is named. Error: config_invalid, where this machine does not know
// them.
Result<std::optional<ProxyAccount>> find_proxy_account(const config::HaproxyConfig&);

}  // namespace tegata::server::edge
