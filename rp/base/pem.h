// PEM (RFC 7468), read and written by OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rp/base/p256.h"

namespace tegata {

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  Bytes der;          // not looked into
};

// Every block of the text, in its order; text around the blocks is ignored. Nothing where a block is broken.
std::optional<std::vector<PemBlock>> parse_pem(std::string_view text);

// A private key of any kind as PEM text. Null where there is none, or one under a password: nobody is there to type it.
KeyOwner parse_private_key_pem(std::string_view pem);
// The reverse, without a password. Empty where it cannot be written.
std::string private_key_pem(EVP_PKEY* key);

}  // namespace tegata
