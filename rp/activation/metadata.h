// What clients can find out by themselves: discovery (OpenID Connect Discovery, RFC 8414) and keys (RFC 7517).
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// Names what exists and nothing else. Clients with a certificate use the aliases (RFC 8705 section 5).
Json metadata(const Settings&);

}  // namespace tegata::activation
