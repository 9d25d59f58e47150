// The certificates under which formats with an attestation CA of their own show a key: leaf, intermediate, and the
// authenticator's root, which is not shown.
#pragma once

#include "rp/sandbox/authenticator/cbor.h"
#include "rp/sandbox/authenticator/statement.h"

namespace tegata::sandbox::authenticator {

// Valid long enough that no clock is needed.
test_pki::Profile chain_profile(const test_pki::Name& subject);
test_pki::Identity issue_intermediate(const test_pki::Identity& root);
// "x5c" and its array.
void write_x5c(CborWriter& statement, const test_pki::Certificate& leaf, const test_pki::Certificate& intermediate,
               const Behaviour& behaviour);

}  // namespace tegata::sandbox::authenticator
