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
  // Errors: jwk_secret where a private or symmetric member stands in it, jwk_unusable.
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

inline constexpr std::size_t most_client_keys = 8;

// The keys of a registered JWK Set that can be used. Error: jwk_unusable where it is no set.
Result<std::vector<ClientKey>> parse_client_keys(const Json& jwks);

// A JWK Set as somebody brings it to be registered. Keys of another kind, for another use or with an unknown algorithm
// are passed over (RFC 7517 section 5). Refused is what nobody can have meant: a secret, no key that can be used, more
// keys than are looked at, and two of one kind with the same kid (section 4.5).
struct BroughtKeys {
  Json jwks;                             // of the keys that count, as they were brought
  std::vector<std::string> passed_over;  // which others, and why
};
// Errors: jwk_unusable where it is no set, jwk_secret, jwk_none_usable, jwk_too_many, jwk_kid_twice.
Result<BroughtKeys> parse_brought_keys(const Json& jwks);

// r || s as DER. Empty unless it is 64 bytes.
Bytes ecdsa_der(ByteView raw);

}  // namespace tegata::pass
