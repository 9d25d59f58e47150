// Attestation statements of every format, as the software authenticator makes them: authenticator_<format>.cpp.
#pragma once

#include "rp/sandbox/authenticator/authenticator.h"

namespace tegata::sandbox::authenticator {

// What a statement is made of.
struct StatementInput {
  const Behaviour& behaviour;
  const SoftwareCredential& credential;
  const Bytes& aaguid;
  const Bytes& authenticator_data;
  const Bytes& client_data_hash;         // SHA-256
  const test_pki::Identity& root;        // issues whatever certificates the format shows
  const test_pki::Key& attestation_key;  // packed alone: the batch key and its certificates
  const std::vector<Bytes>& attestation_path;
};

// CBOR of the statement.
Bytes make_packed(const StatementInput&);
Bytes make_fido_u2f(const StatementInput&);
Bytes make_tpm(const StatementInput&);
Bytes make_android_key(const StatementInput&);
Bytes make_android_safetynet(const StatementInput&);
Bytes make_apple(const StatementInput&);
Bytes make_compound(const StatementInput&);

// The name of a choice's format, and its statement whatever the behaviour's own choice is.
const char* format_name(AttestationChoice choice);
Bytes make_statement(AttestationChoice choice, const StatementInput&);

// The signature that a statement needs, or a bogus one if the behaviour says so.
Bytes sign_as_told(const test_pki::Key& key, std::int64_t algorithm, ByteView message, const Behaviour& behaviour);

}  // namespace tegata::sandbox::authenticator
