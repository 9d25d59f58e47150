// The built-in authority for facilities: an EC key and a certificate of its own, with which client certificates are
// made for those that bring none. What it makes is registered by thumbprint like any other; nobody is let in for its
// name.
#pragma once

#include <memory>
#include <string>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"

namespace tegata::facility {

struct AuthorityPem {
  std::string certificate;
  std::string key;  // not encrypted: for a file that only its owner may read
};
// Lives for `years` from now. Error: internal.
Result<AuthorityPem> make_facility_ca(const std::string& name, int years, Instant now);

struct CertificateOrder {
  std::string facility_code, facility_name;
  std::string client_id;
  Instant not_after{};   // cut to the authority's own end
  std::string password;  // of the file
};

struct IssuedFile {
  Bytes certificate;  // DER
  Bytes p12;          // certificate, key and authority under the password: AES-256, PBKDF2
};

class FacilityCa {
 public:
  // Error: facility_ca_unusable, also where it has ended.
  static Result<FacilityCa> parse(const AuthorityPem&, Instant now);
  // A new P-256 key and its certificate, for a TLS client only. Error: internal.
  Result<IssuedFile> issue(const CertificateOrder&, Instant now) const;
  Instant not_after() const { return not_after_; }

  struct Parts;  // facility_ca.cpp

 private:
  std::shared_ptr<const Parts> parts_;
  Instant not_after_{};
};

}  // namespace tegata::facility
