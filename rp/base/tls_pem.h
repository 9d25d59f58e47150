// What a TLS server is given in files, before it is given it.
#pragma once

#include <string>
#include <string_view>

namespace tegata {

// Certificate, chain and private key in one text, as HAProxy takes them: what is wrong with it, or nothing. The key
// must be that of the first certificate, and not be encrypted.
std::string fault_of_tls_pem(std::string_view text);

// Certificates of authorities: what is wrong, or nothing. There must be one.
std::string fault_of_authorities_pem(std::string_view text);

}  // namespace tegata
