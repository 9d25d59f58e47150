// The certificates under which formats with an attestation CA of their own show a key: leaf, intermediate, and the
// authenticator's root, which is not shown.
#pragma once

#include "rp/sandbox/authenticator_cbor.h"
#include "rp/sandbox/authenticator_statement.h"

namespace tegata::sandbox {

// Valid long enough that no clock is needed.
Profile chain_profile(const Name& subject);
Identity issue_intermediate(const Identity& root);
// "x5c" and its array.
void write_x5c(CborWriter& statement, const Certificate& leaf, const Certificate& intermediate,
               const Behaviour& behaviour);

}  // namespace tegata::sandbox
