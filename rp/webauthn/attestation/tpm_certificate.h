// The certificate of an attestation identity key (WebAuthn Level 3 section 8.3.1; TCG EK Credential Profile for TPM
// Family 2.0, section 3.2.9).
#pragma once

#include "rp/base/result.h"
#include "rp/webauthn/wire/openssl.h"
#include "rp/webauthn/wire/policy.h"

namespace tegata::webauthn::attestation {

// Version 3, an empty subject, a critical subjectAltName with the TPM's manufacturer, model and version, the extended
// key usage of AIK certificates, no CA. The manufacturer stands in the TCG's registry unless the policy says otherwise.
// Errors: webauthn_attestation_certificate_profile, webauthn_tpm_manufacturer_unknown.
Status verify_tpm_certificate(const X509& certificate, const wire::Policy& policy);

// Whether the TCG's registry of TPM vendors knows this value of tpmManufacturer: "id:" and eight hexadecimal digits.
bool is_tpm_manufacturer(std::string_view text);

}  // namespace tegata::webauthn::attestation
