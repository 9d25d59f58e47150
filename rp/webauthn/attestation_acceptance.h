// Whether a verified attestation is good enough for this relying party (WebAuthn Level 3 section 7.1, the last steps
// about attestation): format, trust anchors, metadata, models.
#pragma once

#include "rp/webauthn/attestation.h"
#include "rp/webauthn/registration.h"

namespace tegata::webauthn {

// Runs the format's procedure and judges its outcome. The answer is the attestation type of the record: "none",
// "self", "unverified" (certificates, no anchor reached), "trusted" (every path ends at an anchor).
// Where metadata vouches for the model, its anchors count in place of the configured ones; its warnings are heeded
// whatever the policy says of trust. Errors: those of the formats, webauthn_attestation_untrusted,
// webauthn_aaguid_refused, webauthn_metadata_*.
Result<std::string> accept_attestation(const ExpectedRegistration&, std::string_view format, const AttestationInput&);

}  // namespace tegata::webauthn
