// android-key (WebAuthn Level 3 section 8.4): {"alg": int, "sig": bytes, "x5c": [leaf, intermediate...]}. The leaf
// certifies the credential key itself, and an extension of it tells how Android keeps that key:
//
//   KeyDescription ::= SEQUENCE { attestationVersion INTEGER, attestationSecurityLevel ENUMERATED,
//     keyMintVersion INTEGER, keyMintSecurityLevel ENUMERATED, attestationChallenge OCTET STRING,
//     uniqueId OCTET STRING, softwareEnforced AuthorizationList, hardwareEnforced AuthorizationList }
//   SecurityLevel: Software 0, TrustedEnvironment 1, StrongBox 2
//   AuthorizationList ::= SEQUENCE of explicitly tagged members: purpose [1] SET OF INTEGER,
//     allApplications [600] NULL, origin [702] INTEGER, and others that say nothing here
//
// Android's "Key and ID attestation", versions 1 to 400; all have this shape.
#include <algorithm>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/der.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

constexpr const char* key_description_oid = "1.3.6.1.4.1.11129.2.1.17";
constexpr std::uint32_t purpose_tag = 1, all_applications_tag = 600, origin_tag = 702;
constexpr std::int64_t origin_generated = 0, purpose_sign = 2;  // KM_ORIGIN_GENERATED, KM_PURPOSE_SIGN

struct Statement {
  std::int64_t algorithm;
  ByteView signature;
  AttestationPath certificates;
};

struct Authorizations {
  bool all_applications = false;
  std::vector<std::int64_t> origins, purposes;

  void add(const Authorizations& more) {
    origins.insert(origins.end(), more.origins.begin(), more.origins.end());
    purposes.insert(purposes.end(), more.purposes.begin(), more.purposes.end());
  }
};

struct KeyDescription {
  wire::KeyProtection statement, key;  // what keeps the key that attests, and the one that is attested
  ByteView challenge;
  Authorizations software, hardware;
};

Error android_key_malformed(std::string detail) {
  return Error(errors::webauthn_attestation_statement_malformed, std::move(detail), wire::clauses::android_key_syntax);
}

Error android_key_profile(std::string detail) {
  return Error(errors::webauthn_attestation_certificate_profile, std::move(detail),
               wire::clauses::android_key_extension);
}

Result<Statement> parse(const wire::Cbor& map) {
  const auto algorithm = map.find("alg");
  TEGATA_REQUIRE(algorithm && algorithm->integer(), android_key_malformed("alg"));
  const auto signature = map.find("sig");
  TEGATA_REQUIRE(signature && signature->byte_string(), android_key_malformed("sig"));
  const auto x5c = map.find("x5c");
  TEGATA_REQUIRE(x5c, android_key_malformed("x5c is missing"));
  TEGATA_ASSIGN(AttestationPath certificates, parse_x5c(*x5c, wire::clauses::android_key_syntax));
  TEGATA_REQUIRE(map.size() == 3, android_key_malformed("other members"));
  return Statement{*algorithm->integer(), *signature->byte_string(), std::move(certificates)};
}

Result<std::vector<std::int64_t>> parse_purposes(ByteView explicit_content) {
  TEGATA_ASSIGN(const ByteView set, wire::parse_der(explicit_content, wire::der::set));
  std::vector<std::int64_t> purposes;
  for (wire::DerReader items(set); !items.at_end();) {
    TEGATA_ASSIGN(const ByteView item, items.next(wire::der::integer));
    TEGATA_ASSIGN(const std::int64_t purpose, wire::parse_der_integer(item));
    purposes.push_back(purpose);
  }
  return purposes;
}

Status read_authorization(Authorizations& out, const wire::DerItem& item) {
  if (item.tag.number == all_applications_tag) out.all_applications = true;
  if (item.tag.number == purpose_tag) {
    TEGATA_ASSIGN(out.purposes, parse_purposes(item.content));
  }
  if (item.tag.number == origin_tag) {
    TEGATA_ASSIGN(const ByteView content, wire::parse_der(item.content, wire::der::integer));
    TEGATA_ASSIGN(const std::int64_t origin, wire::parse_der_integer(content));
    out.origins = {origin};
  }
  return {};
}

Result<Authorizations> parse_authorizations(ByteView list) {
  Authorizations out;
  std::vector<std::uint32_t> seen;
  for (wire::DerReader items(list); !items.at_end();) {
    TEGATA_ASSIGN(const wire::DerItem item, items.next());
    TEGATA_REQUIRE(item.tag.kind == wire::der::explicit_tag, android_key_profile("authorization of another kind"));
    TEGATA_REQUIRE(std::ranges::find(seen, item.tag.number) == seen.end(),
                   android_key_profile("authorization repeated"));
    seen.push_back(item.tag.number);
    TEGATA_TRY(read_authorization(out, item));
  }
  return out;
}

// Levels that are not known here (Android has 100 for its key store) are no secure hardware.
wire::KeyProtection parse_security_level(ByteView content) {
  const auto level = wire::parse_der_integer(content).value_or(0);
  if (level == 2) return wire::KeyProtection::secure_element;
  return level == 1 ? wire::KeyProtection::tee : wire::KeyProtection::software;
}

Result<wire::KeyProtection> read_security_level(wire::DerReader& members) {
  TEGATA_TRY(members.next(wire::der::integer));  // the version before it
  TEGATA_ASSIGN(const ByteView content, members.next(wire::der::enumerated));
  return parse_security_level(content);
}

Result<KeyDescription> parse_key_description(ByteView bytes) {
  TEGATA_ASSIGN(const ByteView sequence, wire::parse_der(bytes, wire::der::sequence));
  wire::DerReader members(sequence);
  KeyDescription description;
  TEGATA_ASSIGN(description.statement, read_security_level(members));
  TEGATA_ASSIGN(description.key, read_security_level(members));
  TEGATA_ASSIGN(description.challenge, members.next(wire::der::octet_string));
  TEGATA_TRY(members.next(wire::der::octet_string));
  TEGATA_ASSIGN(const ByteView software, members.next(wire::der::sequence));
  TEGATA_ASSIGN(const ByteView hardware, members.next(wire::der::sequence));
  TEGATA_REQUIRE(members.at_end(), android_key_profile("key description has more members"));
  TEGATA_ASSIGN(description.software, parse_authorizations(software));
  TEGATA_ASSIGN(description.hardware, parse_authorizations(hardware));
  return description;
}

Result<KeyDescription> key_description(const X509& leaf) {
  TEGATA_ASSIGN(const auto extension, find_extension(leaf, key_description_oid));
  TEGATA_REQUIRE(extension, android_key_profile("no key description"));
  return parse_key_description(extension->value);
}

// Whether a list says this and nothing else; one that says nothing is up to the policy.
bool only(const std::vector<std::int64_t>& values, std::int64_t value, const wire::Policy& policy) {
  if (values.empty()) return policy.android_key_without_authorizations_allowed;
  return std::ranges::all_of(values, [=](std::int64_t one) { return one == value; });
}

Status verify_authorizations(const KeyDescription& description, const wire::Policy& policy) {
  TEGATA_REQUIRE(!description.software.all_applications && !description.hardware.all_applications,
                 Error(errors::webauthn_android_key_all_applications, {}, wire::clauses::android_key_all_applications));
  Authorizations considered = description.hardware;
  if (policy.android_key_software_allowed) considered.add(description.software);
  TEGATA_REQUIRE(only(considered.origins, origin_generated, policy),
                 Error(errors::webauthn_android_key_origin, {}, wire::clauses::android_key_origin));
  TEGATA_REQUIRE(only(considered.purposes, purpose_sign, policy),
                 Error(errors::webauthn_android_key_purpose, {}, wire::clauses::android_key_purpose));
  return {};
}

// What the secure hardware does not enforce is the operating system's word.
wire::KeyProtection protection_of(const KeyDescription& description) {
  const bool enforced = !description.hardware.origins.empty() && !description.hardware.purposes.empty();
  return enforced ? std::min(description.statement, description.key) : wire::KeyProtection::software;
}

}  // namespace

Result<VerifiedAttestation> verify_android_key(const AttestationInput& input) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const Statement statement, parse(input.statement));
  const X509& leaf = *statement.certificates.front();
  TEGATA_ASSIGN(const wire::SignatureKey key,
                certificate_key(statement.algorithm, leaf, wire::clauses::android_key_signature));
  TEGATA_REQUIRE(key.verify(input.signed_bytes, statement.signature),
                 Error(errors::webauthn_attestation_signature_invalid, {}, wire::clauses::android_key_signature));
  TEGATA_REQUIRE(EVP_PKEY_eq(key.key(), input.credential_key.key()) == 1,
                 Error(errors::webauthn_attestation_key_mismatch, {}, wire::clauses::android_key_credential));
  TEGATA_ASSIGN(const KeyDescription description, key_description(leaf));
  TEGATA_REQUIRE(std::ranges::equal(description.challenge, input.client_data_hash),
                 Error(errors::webauthn_attestation_challenge_mismatch, {}, wire::clauses::android_key_challenge));
  TEGATA_TRY(verify_authorizations(description, input.policy));
  return VerifiedAttestation{
      .type = "certified", .paths = {statement.certificates}, .protection = protection_of(description)};
}

}  // namespace tegata::webauthn::attestation
