// Attestation objects and statements (WebAuthn Level 3 sections 6.5 and 8). One file per format:
// attestation_none.cpp, attestation_packed.cpp; a new one is a file and a line in the table of attestation.cpp.
#pragma once

#include <string>
#include <vector>

#include "rp/webauthn/authenticator_data.h"
#include "rp/webauthn/signature_key.h"

namespace tegata::webauthn {

// Views into the scanned bytes.
struct AttestationObject {
  std::string_view format;
  Cbor statement;  // a map
  ByteView authenticator_data;
};

// Errors: webauthn_attestation_object_malformed, webauthn_cbor_*.
Result<AttestationObject> parse_attestation_object(ByteView bytes);

// All that a format's procedure may look at.
struct AttestationInput {
  const Cbor& statement;
  const AttestedCredentialData& credential;
  const SignatureKey& credential_key;
  ByteView signed_bytes;  // authenticator data, then the hash of the client data
};

// What the procedure established.
struct VerifiedAttestation {
  std::string type;            // "none", "self", "certified"
  std::vector<ByteView> path;  // DER, the leaf first; empty unless certified
};

// Errors: webauthn_attestation_format_unsupported and those of the formats.
Result<VerifiedAttestation> verify_attestation(std::string_view format, const AttestationInput&);

Result<VerifiedAttestation> verify_none(const AttestationInput&);
Result<VerifiedAttestation> verify_packed(const AttestationInput&);

}  // namespace tegata::webauthn
