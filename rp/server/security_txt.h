// Whom to tell of a weakness (RFC 9116).
#pragma once

#include "rp/base/world.h"
#include "rp/http/http.h"
#include "rp/server/config/config.h"

namespace tegata::server {

// GET /.well-known/security.txt on the public origin: contacts, policy, canonical address, languages, and an end thirty
// days from today. The file is made at each answer out of the configuration in use, so the end says how long a copy of
// it may be believed. Without a contact there is no such page. REQUIRES: `clock` outlives the router.
void add_security_txt_route(http::Router&, const config::SecurityConfig&, const std::string& public_origin,
                            const Clock& clock);

}  // namespace tegata::server
