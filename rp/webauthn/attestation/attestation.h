// Attestation objects and statements (WebAuthn Level 3 sections 6.5 and 8). One file per format,
// attestation_<format>.cpp; a new one is a file and a line in the table of attestation.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rp/base/instant.h"
#include "rp/webauthn/wire/authenticator_data.h"
#include "rp/webauthn/wire/key_protection.h"
#include "rp/webauthn/wire/policy.h"
#include "rp/webauthn/wire/signature_key.h"

namespace tegata::webauthn::attestation {

// Views into the scanned bytes.
struct AttestationObject {
  std::string_view format;
  wire::Cbor statement;  // a map, or an array where the format is compound
  ByteView authenticator_data;
};

// Errors: webauthn_attestation_object_malformed, webauthn_cbor_*.
Result<AttestationObject> parse_attestation_object(ByteView bytes);

// All that a format's procedure may look at.
struct AttestationInput {
  const wire::Cbor& statement;  // compound alone has an array, every other format a map
  ByteView rp_id_hash;
  const wire::AttestedCredentialData& credential;
  const wire::SignatureKey& credential_key;
  ByteView signed_bytes;      // authenticator data, then the hash of the client data
  ByteView client_data_hash;  // the last 32 of them
  const wire::Policy& policy;
  Instant now;
};

// A trust path, the leaf first; none of them null. Reading a certificate is what costs most of a registration, so each
// is read once, and never changed.
using AttestationPath = std::vector<std::shared_ptr<X509>>;

// What the procedure established.
struct VerifiedAttestation {
  std::string type;  // "none", "self", "certified"
  // One, unless the statement is a compound of several; none unless certified. Nothing of it is trusted yet.
  std::vector<AttestationPath> paths;
  // What the statement itself says of where the key is kept; absent: nothing, that is for the metadata to say.
  std::optional<wire::KeyProtection> protection = std::nullopt;
};

// Errors: webauthn_attestation_format_unsupported and those of the formats.
Result<VerifiedAttestation> verify_attestation(std::string_view format, const AttestationInput&);

Result<VerifiedAttestation> verify_none(const AttestationInput&);
Result<VerifiedAttestation> verify_packed(const AttestationInput&);
Result<VerifiedAttestation> verify_fido_u2f(const AttestationInput&);
Result<VerifiedAttestation> verify_tpm(const AttestationInput&);
Result<VerifiedAttestation> verify_android_key(const AttestationInput&);
Result<VerifiedAttestation> verify_android_safetynet(const AttestationInput&);
// The certificates that such a statement shows, the signer's first; nothing is judged.
Result<AttestationPath> parse_android_safetynet_path(const wire::Cbor& statement);
Result<VerifiedAttestation> verify_apple(const AttestationInput&);
Result<VerifiedAttestation> verify_compound(const AttestationInput&);

}  // namespace tegata::webauthn::attestation
