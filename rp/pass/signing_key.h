// The keys that sign passes: ECDSA on P-256 with SHA-256 and nothing else (ES256, RFC 7518 section 3.4).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rp/base/json.h"

struct evp_pkey_st;

namespace tegata::pass {

// One private key, imported once and kept. Copies share it; safe to use from several threads.
class SigningKey {
 public:
  // A PEM private key on P-256. Error: signing_key_unusable.
  static Result<SigningKey> parse_pem(std::string_view pem);

  // RFC 7638 thumbprint of the public key, base64url.
  const std::string& kid() const { return kid_; }
  // kty, crv, x, y, kid, use, alg; never the private part.
  Json public_jwk() const;

  // r || s, 64 bytes. Error: jws_signing_failed.
  Result<Bytes> sign(ByteView message) const;
  // False for anything but 64 bytes that are right.
  bool verify(ByteView message, ByteView signature) const;

 private:
  SigningKey() = default;
  std::shared_ptr<evp_pkey_st> key_;
  std::string kid_, x_, y_;
};

// The key that signs now, and the others whose passes still live or that will sign soon.
struct KeySet {
  SigningKey current;
  std::vector<SigningKey> others;

  const SigningKey* find(std::string_view kid) const;
  // RFC 7517 section 5.
  Json jwks() const;
};

}  // namespace tegata::pass
