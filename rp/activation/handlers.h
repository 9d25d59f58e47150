// The endpoints of activation, bound to their paths.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// Facility origin: POST /device_authorization, /token, /introspect, /revoke.
// Public origin: discovery, /jwks, and POST /api/activation/{scan,approve,decline,status}.
void add_routes(http::Router&, Services);

}  // namespace tegata::activation
