// Keys of the software authenticator: made, signed with, and written as COSE.
#pragma once

#include "rp/sandbox/test_pki_issue.h"

namespace tegata::sandbox {

bool can_make_key(std::int64_t algorithm);
// REQUIRES: can_make_key(algorithm).
Key make_key(std::int64_t algorithm);
Bytes cose_key(const Key& key, std::int64_t algorithm);
Bytes sign(const Key& key, std::int64_t algorithm, ByteView message);

// DER of the private key; null where it is none.
Bytes private_key_der(const Key& key);
Key parse_private_key(ByteView der);

}  // namespace tegata::sandbox
