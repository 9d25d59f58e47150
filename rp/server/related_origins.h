// Related origins (WebAuthn Level 3 section 5.11): other sites of the same relying party, whose pages may use its
// RP ID. Browsers ask the RP ID's own site for the list.
#pragma once

#include "rp/http/http.h"

namespace tegata::server {

// GET /.well-known/webauthn on the public origin: {"origins": [...]}. Without related origins there is no such page.
void add_related_origins_route(http::Router&, const std::vector<std::string>& related_origins);

}  // namespace tegata::server
