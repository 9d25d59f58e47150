// Files with certificates or revocation lists, in PEM (any number) or DER (one).
#pragma once

#include <string_view>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/base/result.h"

namespace tegata::webauthn {

inline constexpr std::string_view pem_certificate = "CERTIFICATE", pem_crl = "X509 CRL";

// The DER of everything in the file; it is not looked into. Text around the blocks of a PEM file is ignored, a block of
// another kind is not. Error: webauthn_pem_malformed, also where there is nothing.
Result<std::vector<Bytes>> parse_pem_or_der(std::string_view file, std::string_view label);

}  // namespace tegata::webauthn
