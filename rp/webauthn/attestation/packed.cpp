// packed (WebAuthn Level 3 section 8.2): {"alg": int, "sig": bytes} signed by the credential key itself,
// or with "x5c": [leaf, intermediate...] signed by the leaf's key.
#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

struct PackedStatement {
  std::int64_t algorithm;
  ByteView signature;
  AttestationPath certificates;
};

Error packed_malformed(std::string detail) {
  return Error(errors::webauthn_attestation_statement_malformed, std::move(detail), wire::clauses::packed_syntax);
}

Result<PackedStatement> parse_packed(const wire::Cbor& map) {
  const auto algorithm = map.find("alg");
  TEGATA_REQUIRE(algorithm && algorithm->integer(), packed_malformed("alg"));
  const auto signature = map.find("sig");
  TEGATA_REQUIRE(signature && signature->byte_string(), packed_malformed("sig"));
  PackedStatement statement{*algorithm->integer(), *signature->byte_string(), {}};
  const auto x5c = map.find("x5c");
  if (x5c) {
    TEGATA_ASSIGN(statement.certificates, parse_x5c(*x5c));
  }
  // ecdaaKeyId went with Level 1; whatever else stands here was signed by nobody.
  TEGATA_REQUIRE(map.size() == (x5c ? 3u : 2u), packed_malformed("other members"));
  return statement;
}

Error wrong_signature() {
  return Error(errors::webauthn_attestation_signature_invalid, {}, wire::clauses::packed_signature);
}

Result<VerifiedAttestation> verify_self(const PackedStatement& statement, const AttestationInput& input) {
  TEGATA_REQUIRE(statement.algorithm == input.credential_key.algorithm(),
                 Error(errors::webauthn_attestation_algorithm_mismatch, {}, wire::clauses::packed_self_alg));
  TEGATA_REQUIRE(input.credential_key.verify(input.signed_bytes, statement.signature), wrong_signature());
  return VerifiedAttestation{.type = "self", .paths = {}};
}

Result<VerifiedAttestation> verify_certified(const PackedStatement& statement, const AttestationInput& input) {
  const X509& leaf = *statement.certificates.front();
  TEGATA_ASSIGN(const wire::SignatureKey key, certificate_key(statement.algorithm, leaf));
  TEGATA_REQUIRE(key.verify(input.signed_bytes, statement.signature), wrong_signature());
  TEGATA_TRY(verify_packed_certificate(leaf, input.credential.aaguid));
  return VerifiedAttestation{.type = "certified", .paths = {statement.certificates}};
}

}  // namespace

Result<VerifiedAttestation> verify_packed(const AttestationInput& input) {
  TEGATA_ASSIGN(const PackedStatement statement, parse_packed(input.statement));
  return statement.certificates.empty() ? verify_self(statement, input) : verify_certified(statement, input);
}

}  // namespace tegata::webauthn::attestation
