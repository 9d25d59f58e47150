// What a TLS server is given in files, before it is given it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rp/base/instant.h"

namespace tegata {

// Certificate, chain and private key in one text, as HAProxy takes them: what is wrong with it, or nothing. The key
// must be that of the first certificate, and not be encrypted.
std::string fault_of_tls_pem(std::string_view text);

// Certificates of authorities: what is wrong, or nothing. There must be one.
std::string fault_of_authorities_pem(std::string_view text);

struct CertificateInFile {
  std::string subject;  // its common name, or all of its name
  Instant not_before{}, not_after{};
};
// The certificates of a file in PEM, or the one of a file in DER, in order; what is none is left out.
std::vector<CertificateInFile> certificates_of(std::string_view text);

// Of these hosts, the ones that the first certificate does not name. "*.a.example" asks for names below a.example.
std::vector<std::string> hosts_not_named(std::string_view text, const std::vector<std::string>& hosts);

}  // namespace tegata
