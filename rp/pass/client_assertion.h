// private_key_jwt (RFC 7523 section 2.2, OpenID Connect Core section 9): a client proves its key with a JWT that it
// signed for us. Pure: whether the jti was seen before is for the caller to find out.
#pragma once

#include "rp/pass/client_jwt.h"

namespace tegata::pass {

inline constexpr std::chrono::minutes longest_assertion{5};  // from now to exp

// What the token names as its client, before anything is verified: to find the keys to verify it with.
// Errors: jws_malformed, assertion_claims_malformed.
Result<std::string> parse_assertion_client(std::string_view token);

class VerifiedAssertion {
 public:
  const std::string& jti() const { return jti_; }
  // Until when the jti must be remembered.
  Instant forget_after() const { return forget_after_; }
  // Thumbprint of the key that was proved (RFC 7638).
  const Digest& key() const { return key_; }

 private:
  friend Result<VerifiedAssertion> verify_client_assertion(std::string_view, const std::vector<ClientKey>&,
                                                           const std::string&, const std::string&, Instant);
  VerifiedAssertion(std::string jti, Instant forget_after, const Digest& key)
      : jti_(std::move(jti)), forget_after_(forget_after), key_(key) {}
  std::string jti_;
  Instant forget_after_;
  Digest key_;
};

// Signed by one of the keys, by that client for that audience (the issuer alone), at this time.
// Errors: jws_malformed, jws_header_member, jws_algorithm, jws_type, jws_signature, assertion_*.
Result<VerifiedAssertion> verify_client_assertion(std::string_view token, const std::vector<ClientKey>& keys,
                                                  const std::string& client_id, const std::string& issuer, Instant now);

}  // namespace tegata::pass
