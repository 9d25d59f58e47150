// Whether a verified attestation is good enough for this relying party (WebAuthn Level 3 section 7.1, the last steps
// about attestation): format, trust anchors, metadata, models.
#pragma once

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/metadata/metadata.h"
#include "rp/webauthn/registration.h"

namespace tegata::webauthn {

using Entries = std::vector<const metadata::MetadataEntry*>;

struct AcceptedAttestation {
  std::string type;  // of the record: "none", "self", "unverified" (certificates, no anchor reached), "trusted"
  wire::KeyProtection protection = wire::KeyProtection::unproven;  // more only where it is trusted
};

// Runs the format's procedure and judges its outcome. "trusted" is what has certificates, whose every path ends at an
// anchor. Where metadata vouches for the model, its anchors count in place of the configured ones; its warnings are
// heeded whatever the policy says of trust. Errors: those of the formats, webauthn_attestation_untrusted,
// webauthn_aaguid_refused, webauthn_metadata_*.
Result<AcceptedAttestation> accept_attestation(const ExpectedRegistration&, std::string_view format,
                                               const attestation::AttestationInput&);

// Whether there are certificates and every path ends at an anchor: one that metadata names for the model, or, where it
// vouches for none, one of `configured`. Error: webauthn_attestation_untrusted.
Status verify_trust(const attestation::VerifiedAttestation&, const Entries& known, const std::vector<Bytes>& configured,
                    Instant now);

// Where a trusted statement and what is known of its model say that the key is kept: the least of it. unproven where
// neither says anything.
wire::KeyProtection protection_of(const attestation::VerifiedAttestation& trusted, const Entries& known);

}  // namespace tegata::webauthn
