// libfido2's opinion on an assertion, for comparing. The product does not ask for it: there is one path there.
#pragma once

#include "rp/webauthn/authentication.h"

namespace tegata::mutation {

// "agreed", "refuted" or "not_comparable". REQUIRES: our own scanner has passed the authenticator data and the key.
std::string libfido2_assertion_opinion(const webauthn::ExpectedAuthentication&, const webauthn::AuthenticationResponse&,
                                       ByteView cose_key);

}  // namespace tegata::mutation
