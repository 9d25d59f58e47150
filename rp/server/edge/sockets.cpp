#include "rp/server/edge/sockets.h"

#include "rp/server/edge/proxy_account.h"

namespace tegata::server::edge {

Result<std::vector<SocketPlan>> sockets_of(const config::Config& config) {
  TEGATA_ASSIGN(const auto account, find_proxy_account(config.haproxy));
  SocketOptions options;
  options.directory = config.sockets;
  options.peer = config.proxy_user;
  if (account) options.group = account->group;
  if (account && !options.peer) options.peer = account->user;
  std::vector<SocketPlan> plans;
  const auto add = [&](http::Origin origin, const char* name, std::size_t workers) {
    options.name = name;
    options.workers = workers;
    plans.push_back({origin, options});
  };
  add(http::Origin::public_pages, "public.sock", config.workers);
  add(http::Origin::card, "card.sock", config.workers);
  add(http::Origin::facility, "facility.sock", config.workers);
  if (!config.mynumber_origin_pattern.empty()) add(http::Origin::mynumber, "mynumber.sock", config.workers);
  add(http::Origin::operations, "ops.sock", config.operations_workers);
  return plans;
}

}  // namespace tegata::server::edge
