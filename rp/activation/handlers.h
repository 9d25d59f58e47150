// The endpoints of activation, bound to their paths.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// Facility and public origin: POST /device_authorization, /par, /backchannel, /token, /introspect, /revoke.
// Public origin: discovery, /jwks, /authorize, POST /api/activation/{scan,approve,decline,status} and
// /api/authorize/{look,phone,options,passkey,card,decline,finish}.
void add_routes(http::Router&, Services);

}  // namespace tegata::activation
