// The HAProxy 2.6 configuration that belongs to a configuration of ours. The edge is part of the program's promises:
// whole requests, one origin per frontend, no header of ours from outside, no resumed session with a card.
#pragma once

#include <string>

#include "rp/server/config.h"

namespace tegata::server {

// Error: config_invalid.
Result<std::string> haproxy_config(const Config&);

}  // namespace tegata::server
