// From the user-authentication certificate of a My Number card (JPKI) to what may be kept of it. Pure.
//
// JPKI issues straight from self-signed authorities. Three generations of the authority for user authentication share
// one name: which of them issued a certificate is told by key identifier and signature alone.
#pragma once

#include <string>
#include <vector>

#include "enroll/card/revocation.h"
#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"

namespace tegata::card {

// Made by parse_mynumber_authorities alone.
class MyNumberAuthorities {
 public:
  const std::vector<Bytes>& generations() const { return generations_; }  // DER, in the order configured
  const std::vector<std::string>& accepted_policies() const { return accepted_policies_; }

 private:
  friend class MyNumberVerifier;
  MyNumberAuthorities() = default;
  std::vector<Bytes> generations_;
  std::vector<std::string> accepted_policies_;
};

struct MyNumberAuthoritiesSource {
  std::string generations_pem;
  std::vector<std::string> accepted_policies = {};  // empty: 1.2.392.200149.8.5.1.3.30
  // True takes the authorities of JPKI's test (O=JPKI-TEST) and only those; false takes only the real name.
  bool sandbox = false;
};

// Refuses what is not a self-signed authority of exactly JPKI's name. Error: mynumber_authority_malformed.
Result<MyNumberAuthorities> parse_mynumber_authorities(const MyNumberAuthoritiesSource& source);

// Made by verify_mynumber_certificate alone. Nothing of the person: not even the opaque id of the subject.
class MyNumberCertificate {
 public:
  const Digest& fingerprint() const { return fingerprint_; }  // SHA-256 of the DER
  const Bytes& serial() const { return serial_; }             // content of the INTEGER
  const Digest& issuer() const { return issuer_; }            // the generation, as in RevocationQuestion
  std::size_t generation() const { return generation_; }      // its index among the configured ones
  Instant not_before() const { return not_before_; }
  Instant not_after() const { return not_after_; }  // the last moment at which it is valid

 private:
  friend class MyNumberVerifier;
  MyNumberCertificate() = default;
  Digest fingerprint_{}, issuer_{};
  Bytes serial_;
  std::size_t generation_ = 0;
  Instant not_before_{}, not_after_{};
};

// JPKI's lists and responder are open to accredited verifiers only, so whoever runs this says where answers come from.
// An empty source: revocation is not judged.
using MyNumberRevocation = RevocationSource;
inline MyNumberRevocation no_mynumber_revocation() { return {}; }
// Answers out of lists that were put there. The view is kept: `lists` must outlive it.
MyNumberRevocation mynumber_revocation_by(const RevocationLists& lists);
RevocationIssuers revocation_issuers(const MyNumberAuthorities& authorities);

// Judged in this order:
//   mynumber_malformed, mynumber_signature_certificate (by the issuer's name: advice, it refuses anyway),
//   mynumber_untrusted, mynumber_weak, mynumber_critical_extension, mynumber_key_usage or
//   mynumber_signature_certificate, mynumber_policy, mynumber_expired, mynumber_not_yet_valid,
//   mynumber_authority_expired, mynumber_revoked, mynumber_revocation_unknown
Result<MyNumberCertificate> verify_mynumber_certificate(ByteView der, const MyNumberAuthorities& authorities,
                                                        const MyNumberRevocation& revocation, Instant now);

}  // namespace tegata::card
