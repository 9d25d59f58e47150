// The certificate by which a client is known: read, judged, and made.
#pragma once

#include <string>
#include <string_view>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"

namespace tegata::facility {

// A certificate that may be registered for a client. Its path is not judged: a client is known by its thumbprint.
class FacilityCertificate {
 public:
  const Digest& thumbprint() const { return thumbprint_; }
  const std::string& subject() const { return subject_; }  // RFC 2253, UTF-8
  const std::string& issuer() const { return issuer_; }
  Instant not_before() const { return not_before_; }
  Instant not_after() const { return not_after_; }

 private:
  friend class FacilityCertificateReader;
  FacilityCertificate() = default;
  Digest thumbprint_{};
  std::string subject_, issuer_;
  Instant not_before_{}, not_after_{};
};

// One certificate, PEM or DER: not over 6,000 octets, not ended, RSA from 2048 bits (not of CVE-2017-15361) or EC or
// Ed25519, signed over SHA-256 or better, no authority's, and not for other uses only. Errors:
// facility_certificate_malformed, _expired, _weak, _use.
Result<FacilityCertificate> verify_facility_certificate(std::string_view text, Instant now);

}  // namespace tegata::facility
