// apple (WebAuthn Level 3 section 8.8): {"x5c": [credential certificate, intermediate...]}. Apple's anonymization CA
// certifies the credential key itself, with the hash of what the client saw in an extension. Nothing is signed besides.
#include <algorithm>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

constexpr const char* nonce_oid = "1.2.840.113635.100.8.2";

// SEQUENCE { [1] EXPLICIT OCTET STRING }: DER has but one way to write it.
Bytes nonce_extension(const Digest& nonce) {
  Bytes der{0x30, 0x24, 0xa1, 0x22, 0x04, 0x20};
  der.insert(der.end(), nonce.begin(), nonce.end());
  return der;
}

Error apple_malformed(const char* detail) {
  return Error(errors::webauthn_attestation_statement_malformed, detail, wire::clauses::apple_syntax);
}

Result<AttestationPath> parse_apple(const wire::Cbor& map) {
  const auto x5c = map.find("x5c");
  TEGATA_REQUIRE(x5c, apple_malformed("x5c"));
  TEGATA_REQUIRE(map.size() == (map.find("alg") ? 2u : 1u), apple_malformed("other members"));
  return parse_x5c(*x5c, wire::clauses::apple_syntax);
}

// Level 2 drafts had it, and iOS 14 sends it: it says what the credential's own key says, or it says too much.
Status verify_apple_algorithm(const wire::Cbor& map, const wire::SignatureKey& credential_key) {
  const auto algorithm = map.find("alg");
  if (!algorithm) return {};
  TEGATA_REQUIRE(algorithm->integer(), apple_malformed("alg"));
  TEGATA_REQUIRE(*algorithm->integer() == credential_key.algorithm(),
                 Error(errors::webauthn_attestation_algorithm_mismatch, {}, wire::clauses::apple_algorithm));
  return {};
}

Status verify_nonce(const X509& certificate, ByteView signed_bytes) {
  TEGATA_ASSIGN(const auto extension, find_extension(certificate, nonce_oid));
  TEGATA_REQUIRE(extension,
                 Error(errors::webauthn_attestation_certificate_profile, "no nonce", wire::clauses::apple_nonce));
  TEGATA_REQUIRE(std::ranges::equal(extension->value, nonce_extension(sha256(signed_bytes))),
                 Error(errors::webauthn_attestation_challenge_mismatch, "nonce", wire::clauses::apple_nonce));
  return {};
}

}  // namespace

Result<VerifiedAttestation> verify_apple(const AttestationInput& input) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(AttestationPath path, parse_apple(input.statement));
  TEGATA_TRY(verify_apple_algorithm(input.statement, input.credential_key));
  const X509& leaf = *path.front();
  TEGATA_TRY(verify_nonce(leaf, input.signed_bytes));
  const EVP_PKEY* certified = X509_get0_pubkey(&leaf);
  TEGATA_REQUIRE(certified && EVP_PKEY_eq(certified, input.credential_key.key()) == 1,
                 Error(errors::webauthn_attestation_key_mismatch, {}, wire::clauses::apple_credential_key));
  // Apple's authenticator keeps its keys in the Secure Enclave (WWDC 2020, session 10670). The statement says no more
  // than that it is Apple's authenticator.
  return VerifiedAttestation{
      .type = "certified", .paths = {std::move(path)}, .protection = wire::KeyProtection::hardware};
}

}  // namespace tegata::webauthn::attestation
