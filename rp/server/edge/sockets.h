// On which sockets a server answers.
#pragma once

#include <vector>

#include "rp/http/http.h"
#include "rp/server/config/config.h"
#include "rp/server/edge/httplib_server.h"

namespace tegata::server::edge {

// The sockets of a configuration, the operators' last: whoever is told that we are ready finds the others answering.
struct SocketPlan {
  http::Origin origin;
  SocketOptions options;
};
// Error: config_invalid.
Result<std::vector<SocketPlan>> sockets_of(const config::Config&);

}  // namespace tegata::server::edge
