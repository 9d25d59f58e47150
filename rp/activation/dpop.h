// The DPoP proof of a request (RFC 9449), and what a pass is bound to.
#pragma once

#include "rp/activation/client_authentication.h"

namespace tegata::activation {

// The thumbprint of the key that the request's DPoP header proves, spent with it; nothing without the header.
// Errors: activation_dpop_refused, activation_dpop_replayed.
Result<std::optional<Digest>> dpop_key(const Services&, const http::Request&);

// What a pass that is fetched now will be bound to.
struct Binding {
  Digest thumbprint{};
  bool dpop = false;
  friend bool operator==(const Binding&, const Binding&) = default;
};
// The key of a proof comes before the certificate of the connection; nothing for a client of the deployed profile.
// Error: activation_dpop_missing where neither is there.
Result<Binding> binding_of(const AuthenticatedClient&, const std::optional<Digest>& dpop_key);

}  // namespace tegata::activation
