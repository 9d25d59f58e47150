// How many connections HAProxy takes: of each origin, and of each source. For rp/server/haproxy_config.cpp.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "rp/server/config/config.h"

namespace tegata::server {

// One origin's part of all connections, so that none takes the place of another.
struct ConnectionShare {
  std::string frontend;
  std::int64_t connections = 1;
};

// Half for pages, a quarter for facilities, a quarter for the cards.
std::int64_t page_share(const config::HaproxyConfig&);
std::int64_t facility_share(const config::HaproxyConfig&);
std::int64_t card_share(const config::HaproxyConfig&, int card_origins);

// The sections in which the sources of one origin are counted.
void write_source_tables(std::ostream&, const ConnectionShare&);

// The lines of the origin's frontend: before the TLS handshake where the source is known by then, behind it where a
// balancer told it.
void write_connection_rules(std::ostream&, const ConnectionShare&, const config::Config&);

}  // namespace tegata::server
