// JSON Web Signature (RFC 7515), compact form only, ES256 only.
//
//   token  = BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(r || s)
//   header = {"alg":"ES256","kid":<a key of ours>,"typ":<what the caller expects>}, and nothing else
//
// The algorithm belongs to the key, never to the token; the payload is parsed after the signature was right.
#pragma once

#include "rp/pass/compact_jws.h"
#include "rp/pass/signing_key.h"

namespace tegata::pass {

// Error: jws_signing_failed.
Result<std::string> sign_jws(const SigningKey&, std::string_view typ, const Json& claims);

// A payload that one of our keys signed. Made by verify_jws alone.
class VerifiedJws {
 public:
  const Json& claims() const { return claims_; }
  const std::string& kid() const { return kid_; }

 private:
  friend Result<VerifiedJws> verify_jws(std::string_view, const KeySet&, std::string_view);
  VerifiedJws(Json claims, std::string kid) : claims_(std::move(claims)), kid_(std::move(kid)) {}
  Json claims_;
  std::string kid_;
};

// Errors: jws_malformed, jws_header_member, jws_algorithm, jws_type, jws_key_unknown, jws_signature; those of
// parse_json for a signed payload that is no JSON, pass_claims_malformed for one that is no object.
Result<VerifiedJws> verify_jws(std::string_view token, const KeySet&, std::string_view typ);

}  // namespace tegata::pass
