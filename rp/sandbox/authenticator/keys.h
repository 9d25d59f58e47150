// Keys of the software authenticator: made, signed with, and written as COSE.
#pragma once

#include "rp/sandbox/test_pki/issue.h"

namespace tegata::sandbox::authenticator {

// Of a credential: ES256/384/512 (-7, -35, -36), EdDSA (-8), Ed448 (-53), RS256/384/512 (-257 to -259),
// PS256/384/512 (-37 to -39).
bool can_make_key(std::int64_t algorithm);
// REQUIRES of the following: can_make_key(algorithm), or -65535 (RS1), which signs TPM statements.
test_pki::Key make_key(std::int64_t algorithm);
Bytes cose_key(const test_pki::Key& key, std::int64_t algorithm);
Bytes sign(const test_pki::Key& key, std::int64_t algorithm, ByteView message);
// As sign(), but PSS with a salt of this length, a wrong one included.
Bytes sign_with_salt(const test_pki::Key& key, std::int64_t algorithm, ByteView message, int salt_length);

// DER of the private key; null where it is none.
Bytes private_key_der(const test_pki::Key& key);
test_pki::Key parse_private_key(ByteView der);

}  // namespace tegata::sandbox::authenticator
