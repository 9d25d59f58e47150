// Keys on P-256 (prime256v1) as OpenSSL holds them.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "rp/base/bytes.h"
#include "rp/base/openssl.h"

namespace tegata {

using KeyOwner = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;

// The key whose secret number is `secret` (32 bytes, big-endian); null where that is none below the group's order.
KeyOwner p256_private_key(ByteView secret);
bool is_p256(EVP_PKEY* key);
// Null for coordinates that are not 32 bytes each, or no point of the curve.
KeyOwner p256_public_key(ByteView x, ByteView y);

}  // namespace tegata
