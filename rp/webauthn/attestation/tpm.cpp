// tpm (WebAuthn Level 3 section 8.3): {"ver": "2.0", "alg": int, "x5c": [aik, intermediate...], "sig": bytes,
// "certInfo": TPMS_ATTEST, "pubArea": TPMT_PUBLIC}. The TPM certifies the public area by name, the attestation
// identity key signs that together with the hash of what the client saw.
//
// `sig` is read as what TPM platforms send: PKCS #1, or ECDSA in DER, without the algorithms that a TPMT_SIGNATURE has
// in front. The test vectors of Level 3 do the same.
#include <algorithm>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/attestation/tpm_certificate.h"
#include "rp/webauthn/attestation/tpm_structures.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

constexpr std::size_t member_count = 6;

struct TpmStatement {
  std::int64_t algorithm = 0;
  AttestationPath certificates = {};
  ByteView signature = {}, cert_info = {}, pub_area = {};
};

Error tpm_malformed(const char* detail) {
  return Error(errors::webauthn_attestation_statement_malformed, detail, wire::clauses::tpm_syntax);
}

Result<ByteView> bytes_at(const wire::Cbor& map, const char* name) {
  const auto member = map.find(name);
  TEGATA_REQUIRE(member && member->byte_string(), tpm_malformed(name));
  return *member->byte_string();
}

Result<TpmStatement> parse_tpm(const wire::Cbor& map) {
  const auto version = map.find("ver");
  const auto algorithm = map.find("alg");
  const auto x5c = map.find("x5c");
  TEGATA_REQUIRE(version && version->text() == "2.0",
                 Error(errors::webauthn_attestation_statement_malformed, "ver", wire::clauses::tpm_version));
  TEGATA_REQUIRE(algorithm && algorithm->integer(), tpm_malformed("alg"));
  TEGATA_REQUIRE(x5c, tpm_malformed("x5c"));
  TpmStatement statement{.algorithm = *algorithm->integer()};
  TEGATA_ASSIGN(statement.certificates, parse_x5c(*x5c, wire::clauses::tpm_syntax));
  TEGATA_ASSIGN(statement.signature, bytes_at(map, "sig"));
  TEGATA_ASSIGN(statement.cert_info, bytes_at(map, "certInfo"));
  TEGATA_ASSIGN(statement.pub_area, bytes_at(map, "pubArea"));
  TEGATA_REQUIRE(map.size() == member_count, tpm_malformed("other members"));
  return statement;
}

// By OpenSSL's name of the digest.
Result<Bytes> hash(const char* digest, ByteView data) {
  Bytes out(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, digest, nullptr, data.data(), data.size(), out.data(), &size) != 1)
    return Error(errors::webauthn_tpm_certinfo_mismatch, digest, wire::clauses::tpm_name);  // memory
  out.resize(size);
  return out;
}

// TPMs of today name their keys by SHA-256, older ones by SHA-1; nobody can choose a colliding public area there,
// because the TPM itself makes the key.
const char* digest_of_name(std::uint16_t name_algorithm) {
  switch (name_algorithm) {
    case tpm::alg_sha1:
      return "SHA1";
    case tpm::alg_sha256:
      return "SHA256";
    case tpm::alg_sha384:
      return "SHA384";
    case tpm::alg_sha512:
      return "SHA512";
    default:
      return nullptr;
  }
}

// nameAlg, then the digest of the public area.
Result<Bytes> name_of(ByteView pub_area, std::uint16_t name_algorithm) {
  const char* digest = digest_of_name(name_algorithm);
  TEGATA_REQUIRE(digest, Error(errors::webauthn_tpm_structure_malformed, "nameAlg", wire::clauses::tpm_structures));
  TEGATA_ASSIGN(Bytes name, hash(digest, pub_area));
  name.insert(name.begin(),
              {static_cast<std::uint8_t>(name_algorithm >> 8), static_cast<std::uint8_t>(name_algorithm)});
  return name;
}

ByteView without_leading_zeros(ByteView number) {
  const auto first = std::ranges::find_if(number, [](std::uint8_t byte) { return byte != 0; });
  return number.subspan(static_cast<std::size_t>(first - number.begin()));
}

bool same_number(ByteView a, ByteView b) {
  return std::ranges::equal(without_leading_zeros(a), without_leading_zeros(b));
}

// The credential key was parsed before: its members have the right types.
ByteView member(const wire::Cbor& cose_key, std::int64_t label) { return cose_key.find(label)->byte_string().value(); }

bool equals(const TpmRsaPublic& key, const wire::Cbor& cose_key) {
  const std::uint32_t exponent = key.exponent == 0 ? 65537 : key.exponent;
  const Bytes written{static_cast<std::uint8_t>(exponent >> 24), static_cast<std::uint8_t>(exponent >> 16),
                      static_cast<std::uint8_t>(exponent >> 8), static_cast<std::uint8_t>(exponent)};
  return without_leading_zeros(key.modulus).size() * 8 == key.key_bits &&
         same_number(key.modulus, member(cose_key, -1)) && same_number(written, member(cose_key, -2));
}

bool equals(const TpmEccPublic& key, const wire::Cbor& cose_key) {
  // The curves P-256, P-384 and P-521 are 3, 4, 5 for a TPM and 1, 2, 3 for COSE.
  return key.curve == cose_key.find(-1)->integer().value() + 2 && same_number(key.x, member(cose_key, -2)) &&
         same_number(key.y, member(cose_key, -3));
}

bool equals(const TpmtPublic& area, const AttestationInput& input, wire::KeyType type) {
  const auto cose_key = wire::Cbor::scan(input.credential.public_key);
  if (const auto* rsa = std::get_if<TpmRsaPublic>(&area.key))
    return type == wire::KeyType::rsa && equals(*rsa, *cose_key);
  return type == wire::KeyType::ec2 && equals(std::get<TpmEccPublic>(area.key), *cose_key);
}

Error wrong_info(const char* detail, std::string_view clause) {
  return Error(errors::webauthn_tpm_certinfo_mismatch, detail, clause);
}

Status verify_cert_info(const TpmStatement& statement, const wire::Algorithm& algorithm, const TpmtPublic& area,
                        const AttestationInput& input) {
  TEGATA_ASSIGN(const TpmsAttest attest, parse_tpms_attest(statement.cert_info));
  TEGATA_REQUIRE(attest.magic == tpm::generated_value, wrong_info("magic", wire::clauses::tpm_magic));
  TEGATA_REQUIRE(attest.type == tpm::st_attest_certify, wrong_info("type", wire::clauses::tpm_attest_type));
  TEGATA_ASSIGN(const Bytes expected, hash(algorithm.digest, input.signed_bytes));
  TEGATA_REQUIRE(std::ranges::equal(attest.extra_data, expected),
                 Error(errors::webauthn_attestation_challenge_mismatch, "extraData", wire::clauses::tpm_extra_data));
  TEGATA_ASSIGN(const TpmsCertifyInfo certified, parse_tpms_certify_info(attest.attested));
  TEGATA_ASSIGN(const Bytes name, name_of(statement.pub_area, area.name_algorithm));
  TEGATA_REQUIRE(std::ranges::equal(certified.name, name), wrong_info("name", wire::clauses::tpm_name));
  return {};
}

// A TPM certifies keys that came from outside, or that may leave it, as it does its own.
wire::KeyProtection protection_of(const TpmtPublic& area) {
  constexpr auto own = tpm::fixed_tpm | tpm::fixed_parent | tpm::sensitive_data_origin;
  return (area.attributes & own) == own ? wire::KeyProtection::hardware : wire::KeyProtection::software;
}

Status verify_certificate(const TpmStatement& statement, const AttestationInput& input) {
  const X509& aik = *statement.certificates.front();
  TEGATA_ASSIGN(const wire::SignatureKey key, certificate_key(statement.algorithm, aik, wire::clauses::tpm_signature,
                                                              wire::AlgorithmUse::tpm_statement));
  TEGATA_REQUIRE(key.verify(statement.cert_info, statement.signature),
                 Error(errors::webauthn_attestation_signature_invalid, {}, wire::clauses::tpm_signature));
  TEGATA_TRY(verify_tpm_certificate(aik, input.policy));
  return verify_aaguid_extension(aik, input.credential.aaguid);
}

}  // namespace

Result<VerifiedAttestation> verify_tpm(const AttestationInput& input) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(TpmStatement statement, parse_tpm(input.statement));
  const wire::Algorithm* algorithm = wire::find_algorithm(statement.algorithm, wire::AlgorithmUse::tpm_statement);
  TEGATA_REQUIRE(
      algorithm && algorithm->digest,
      Error(errors::webauthn_algorithm_unsupported, std::to_string(statement.algorithm), wire::clauses::tpm_algorithm));
  TEGATA_ASSIGN(const TpmtPublic area, parse_tpmt_public(statement.pub_area));
  TEGATA_REQUIRE(equals(area, input, wire::find_algorithm(input.credential_key.algorithm())->key_type),
                 Error(errors::webauthn_attestation_key_mismatch, "pubArea", wire::clauses::tpm_credential_key));
  TEGATA_TRY(verify_cert_info(statement, *algorithm, area, input));
  TEGATA_TRY(verify_certificate(statement, input));
  return VerifiedAttestation{
      .type = "certified", .paths = {std::move(statement.certificates)}, .protection = protection_of(area)};
}

}  // namespace tegata::webauthn::attestation
