// Token revocation (RFC 7009): a pass, or the device code of a request that is still open.
#pragma once

#include "rp/activation/client_authentication.h"

namespace tegata::activation {

// POST {facility}/revoke. 200 whatever the token was, once the client is known.
http::Response revoke(const Services&, const http::Request&);

}  // namespace tegata::activation
