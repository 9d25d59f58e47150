// DPoP (RFC 9449): a proof that the sender of one request holds a key. Pure: whether the jti was seen before is for the
// caller to find out.
#pragma once

#include "rp/pass/client_assertion.h"

namespace tegata::pass {

class DpopProof {
 public:
  const Digest& thumbprint() const { return thumbprint_; }  // jkt
  const std::string& jti() const { return jti_; }
  Instant forget_after() const { return forget_after_; }

 private:
  friend Result<DpopProof> verify_dpop_proof(std::string_view, std::string_view, std::string_view, Instant);
  DpopProof(Digest thumbprint, std::string jti, Instant forget_after)
      : thumbprint_(thumbprint), jti_(std::move(jti)), forget_after_(forget_after) {}
  Digest thumbprint_;
  std::string jti_;
  Instant forget_after_;
};

// Made for this method and URL (both normalized, without query and fragment), within a minute of now, by the key that
// stands in it. Errors: jws_malformed, jws_header_member, jws_algorithm, jws_type, jws_signature, jwk_unusable,
// jwk_secret, dpop_*.
Result<DpopProof> verify_dpop_proof(std::string_view proof, std::string_view method, std::string_view url, Instant now);

}  // namespace tegata::pass
