// The keys that sign passes: ECDSA on P-256 with SHA-256 and nothing else (ES256, RFC 7518 section 3.4).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rp/base/json.h"

struct evp_pkey_st;

namespace tegata::pass {

// What signs a digest where the private part lies elsewhere: r || s, 64 bytes. Called from several threads.
using Signer = std::function<Result<Bytes>(const Digest&)>;

// A new private key, as PEM, whose secret number is `secret` (32 random bytes). Error: signing_key_unusable, for the
// few numbers that are none: draw again.
Result<std::string> signing_key_pem(ByteView secret);

// One key, imported once and kept. Copies share it; safe to use from several threads.
class SigningKey {
 public:
  // A PEM private key on P-256. Error: signing_key_unusable.
  static Result<SigningKey> parse_pem(std::string_view pem);
  // A public key (kty, crv, x, y of RFC 7518 section 6.2): it verifies, and signs by `signer` where there is one.
  // Error: signing_key_unusable.
  static Result<SigningKey> parse_jwk(const Json& jwk, Signer signer = nullptr);

  // RFC 7638 thumbprint of the public key, base64url.
  const std::string& kid() const { return kid_; }
  // kty, crv, x, y, kid, use, alg; never the private part.
  Json public_jwk() const;
  bool can_sign() const { return private_part_ || signer_; }

  // r || s, 64 bytes. Error: jws_signing_failed, always where it cannot sign.
  Result<Bytes> sign(ByteView message) const;
  // False for anything but 64 bytes that are right.
  bool verify(ByteView message, ByteView signature) const;

 private:
  SigningKey() = default;
  Status name_itself();
  std::shared_ptr<evp_pkey_st> key_;
  bool private_part_ = false;  // of key_
  Signer signer_;
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
