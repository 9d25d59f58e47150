// Public keys of clients (RFC 7517): those that sign their assertions, and those of their DPoP proofs.
// ES256 on P-256, RS256 and PS256 with 2048 to 4096 bit that is not of CVE-2017-15361; nothing else is read.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rp/base/json.h"

struct evp_pkey_st;

namespace tegata::pass {

class ClientKey {
 public:
  // Error: jwk_unusable, also where a private or symmetric member stands in it.
  static Result<ClientKey> parse(const Json& jwk);

  const std::string& kid() const { return kid_; }           // empty where the JWK has none
  const Digest& thumbprint() const { return thumbprint_; }  // RFC 7638
  // The kind of key, and "alg" and "use" where the JWK has them, allow signatures of that algorithm.
  bool allows(std::string_view alg) const;
  // False for an algorithm that is not allowed.
  bool verify(std::string_view alg, ByteView message, ByteView signature) const;

 private:
  ClientKey() = default;
  std::shared_ptr<evp_pkey_st> key_;
  bool elliptic_ = false;
  std::string kid_, alg_;
  Digest thumbprint_{};
};

inline constexpr std::string_view client_algorithms[] = {"ES256", "RS256", "PS256"};

// The keys of a JWK Set that can be used; others in it are passed over (RFC 7517 section 5). Error: jwk_unusable where
// it is no set.
Result<std::vector<ClientKey>> parse_client_keys(const Json& jwks);

// r || s as DER. Empty unless it is 64 bytes.
Bytes ecdsa_der(ByteView raw);

}  // namespace tegata::pass
