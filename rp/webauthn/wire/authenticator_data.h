// The authenticator data of WebAuthn Level 3 section 6.1.
//
//   rpIdHash (32) | flags (1) | signCount (4, big endian)
//     [AT: aaguid (16) | length L (2) | credential ID (L) | COSE_Key (CBOR)] [ED: extensions (CBOR map)]
#pragma once

#include <optional>

#include "rp/webauthn/wire/cbor.h"

namespace tegata::webauthn::wire {

inline constexpr std::size_t max_credential_id = 1023;  // bytes

// Views into the parsed bytes.
struct AttestedCredentialData {
  ByteView aaguid;
  ByteView credential_id;
  ByteView public_key;
};

struct AuthenticatorData {
  ByteView rp_id_hash;
  bool user_present = false, user_verified = false, backup_eligible = false, backup_state = false;
  bool reserved_flags = false;  // either of the two without a meaning
  std::uint32_t sign_count = 0;
  std::optional<AttestedCredentialData> attested;
  std::optional<Cbor> extensions;  // a map whose keys are texts
};

// The bytes must outlive the answer. Errors: webauthn_authenticator_data_malformed,
// webauthn_authenticator_data_leftover, webauthn_credential_id_length, webauthn_extensions_malformed, webauthn_cbor_*.
Result<AuthenticatorData> parse_authenticator_data(ByteView bytes);

}  // namespace tegata::webauthn::wire
