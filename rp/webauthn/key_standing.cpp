#include "rp/webauthn/key_standing.h"

#include <algorithm>

#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/attestation_acceptance.h"
#include "rp/webauthn/ceremony.h"

namespace tegata::webauthn {
namespace {

// Whatever some policy accepts: the registration had its own, and here it matters what the statement proves.
wire::Policy widest_policy() {
  wire::Policy policy = wire::w3c_policy();
  policy.android_safetynet_allowed = true;
  return policy;
}

// The kept statement with all that it is held against. Views into the record, which must outlive it.
struct KeptStatement {
  attestation::AttestationObject object;
  wire::AuthenticatorData data;
  wire::SignatureKey key;
  Bytes to_sign;
  wire::Policy policy = widest_policy();

  attestation::AttestationInput input(Instant registered_at) const {
    return {.statement = object.statement,
            .rp_id_hash = data.rp_id_hash,
            .credential = *data.attested,
            .credential_key = key,
            .signed_bytes = to_sign,
            .client_data_hash = ByteView(to_sign).last(32),
            .policy = policy,
            .now = registered_at};
  }
};

// Nothing where it is not that of the key by which the phone signs.
std::optional<KeptStatement> read_statement(const CredentialRecord& record) {
  const auto object = attestation::parse_attestation_object(record.attestation_object);
  if (!object) return std::nullopt;
  auto data = wire::parse_authenticator_data(object->authenticator_data);
  if (!data || !data->attested || !std::ranges::equal(data->attested->public_key, record.public_key))
    return std::nullopt;
  auto key = wire::SignatureKey::parse_cose(record.public_key);
  if (!key) return std::nullopt;
  Bytes to_sign = signed_bytes(object->authenticator_data, record.attestation_client_data_json);
  return KeptStatement{*object, std::move(*data), std::move(*key), std::move(to_sign)};
}

// The certificates of a statement and of all its parts. What cannot be read was never accepted.
void collect_paths(const wire::Cbor& statement, std::vector<attestation::AttestationPath>& out) {
  for (std::size_t i = 0; statement.is_array() && i < statement.size(); ++i) {
    if (const auto part = statement.at(i).find("attStmt")) collect_paths(*part, out);
  }
  const auto x5c = statement.find("x5c");
  auto path = x5c ? attestation::parse_x5c(*x5c) : attestation::parse_android_safetynet_path(statement);
  if (path) out.push_back(std::move(*path));
}

// Warnings need no proof: they concern whoever shows these certificates.
std::vector<attestation::AttestationPath> shown_paths(const CredentialRecord& record) {
  std::vector<attestation::AttestationPath> paths;
  if (const auto object = attestation::parse_attestation_object(record.attestation_object))
    collect_paths(object->statement, paths);
  return paths;
}

wire::KeyProtection judge_protection(const CredentialRecord& record, const Entries& known, Instant registered_at) {
  const auto kept = read_statement(record);
  if (!kept) return wire::KeyProtection::unproven;
  const attestation::AttestationInput input = kept->input(registered_at);
  const auto attestation = attestation::verify_attestation(kept->object.format, input);
  if (!attestation || !verify_trust(*attestation, known, {}, registered_at)) return wire::KeyProtection::unproven;
  const auto suits = [&](const auto* entry) {
    return bool(metadata::verify_against_metadata(*entry, kept->object.format, input, *attestation));
  };
  return std::ranges::all_of(known, suits) ? protection_of(*attestation, known) : wire::KeyProtection::unproven;
}

wire::Certification least_certification(const Entries& known, Instant now) {
  std::optional<wire::Certification> least;
  for (const auto* entry : known) {
    const wire::Certification one = metadata::certification_of(*entry, now);
    least = std::min(least.value_or(one), one);
  }
  return least.value_or(wire::Certification::not_certified);
}

}  // namespace

Result<wire::KeyStanding> judge_key(const metadata::Metadata* metadata, const CredentialRecord& record,
                                    Instant registered_at, Instant now) {
  if (!metadata) return wire::KeyStanding{};
  const auto paths = shown_paths(record);
  const Entries known = metadata::find_entries(metadata, record.attestation_format, record.aaguid, paths);
  for (const auto* entry : known) TEGATA_TRY(metadata::verify_status(*entry, paths, now));
  if (known.empty() || paths.empty() || record.backup_eligible) return wire::KeyStanding{};
  return wire::KeyStanding{judge_protection(record, known, registered_at), least_certification(known, now)};
}

}  // namespace tegata::webauthn
