// The HAProxy 2.6 configuration that belongs to a configuration of ours. The edge is part of the program's promises:
// whole requests, one origin per frontend, no header of ours from outside, no resumed session with a card.
#pragma once

#include <string>

#include "rp/server/config/config.h"

namespace tegata::server {

// Error: config_invalid.
Result<std::string> haproxy_config(const config::Config&);

// The file with the authorities whose names the facility origin tells clients: where there is a built-in one, its own
// advertised.pem, which holds the configured ones too.
std::string facility_client_ca(const config::Config&);

}  // namespace tegata::server
