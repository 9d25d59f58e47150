#include "rp/webauthn/attestation_acceptance.h"

#include <algorithm>

#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/metadata/metadata.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn {
namespace {

bool contains(const std::vector<Bytes>& list, ByteView aaguid) {
  return std::ranges::any_of(list, [&](const Bytes& one) { return std::ranges::equal(one, aaguid); });
}

Status verify_aaguid(const wire::AaguidPolicy& policy, ByteView aaguid) {
  const Error refused(errors::webauthn_aaguid_refused, hex(aaguid), wire::clauses::attestation_trust);
  TEGATA_REQUIRE(!contains(policy.denied, aaguid), refused);
  TEGATA_REQUIRE(policy.others_allowed || contains(policy.allowed, aaguid), refused);
  return {};
}

bool vouches(const Entries& known) {
  return std::ranges::any_of(known, [](const metadata::MetadataEntry* entry) { return entry->vouches; });
}

// Those that metadata names for this very model, and the configured ones for every other: whoever is believed about
// one model must not speak for another.
std::vector<Bytes> anchors_for(const Entries& known, const std::vector<Bytes>& configured) {
  if (!vouches(known)) return configured;
  std::vector<Bytes> anchors;
  for (const auto* entry : known) anchors.insert(anchors.end(), entry->anchors.begin(), entry->anchors.end());
  return anchors;
}

// Anchors may share a name without sharing a key, and only one of a name is tried at a time.
Status verify_path_to_any(const attestation::AttestationPath& path, const std::vector<Bytes>& anchors, Instant now) {
  Status outcome = attestation::verify_path(path, anchors, now);
  if (outcome || anchors.size() < 2 || outcome.error().code() != errors::webauthn_attestation_untrusted) return outcome;
  if (std::ranges::any_of(anchors, [&](const Bytes& one) { return bool(attestation::verify_path(path, {one}, now)); }))
    return {};
  return outcome;
}

// Whether a statement that reaches no anchor is refused. Without an anchor the AAGUID is what an authenticator says of
// itself, so a list of the models that may register cannot rest on it.
bool must_be_trusted(const wire::Policy& policy, const Entries& known,
                     const attestation::VerifiedAttestation& attestation) {
  if (policy.attestation == wire::AttestationAcceptance::trust || !policy.aaguids.others_allowed) return true;
  return vouches(known) && !attestation.paths.empty() && !policy.known_model_untrusted_allowed;
}

}  // namespace

Status verify_trust(const attestation::VerifiedAttestation& attestation, const Entries& known,
                    const std::vector<Bytes>& configured, Instant now) {
  TEGATA_REQUIRE(!attestation.paths.empty(),
                 Error(errors::webauthn_attestation_untrusted, "no certificates: " + attestation.type,
                       wire::clauses::attestation_trust));
  const auto anchors = anchors_for(known, configured);
  for (const attestation::AttestationPath& path : attestation.paths) TEGATA_TRY(verify_path_to_any(path, anchors, now));
  return {};
}

wire::KeyProtection protection_of(const attestation::VerifiedAttestation& trusted, const Entries& known) {
  auto least = trusted.protection;
  for (const auto* entry : known) least = std::min(least.value_or(entry->protection), entry->protection);
  return least.value_or(wire::KeyProtection::unproven);
}

Result<AcceptedAttestation> accept_attestation(const ExpectedRegistration& expected, std::string_view format,
                                               const attestation::AttestationInput& input) {
  TEGATA_TRY(verify_aaguid(expected.policy.aaguids, input.credential.aaguid));
  if (expected.policy.attestation == wire::AttestationAcceptance::ignore) {
    TEGATA_REQUIRE(expected.policy.aaguids.others_allowed,
                   Error(errors::webauthn_attestation_untrusted, "not judged", wire::clauses::attestation_trust));
    return AcceptedAttestation{.type = "unverified"};
  }
  TEGATA_ASSIGN(const attestation::VerifiedAttestation attestation, attestation::verify_attestation(format, input));
  for (const attestation::AttestationPath& path : attestation.paths)
    TEGATA_TRY(attestation::verify_path_shape(path, expected.policy));
  const Entries known = metadata::find_entries(expected.metadata, format, input.credential.aaguid, attestation.paths);
  for (const auto* entry : known) {
    TEGATA_TRY(metadata::verify_status(*entry, attestation.paths, expected.now));
    TEGATA_TRY(metadata::verify_against_metadata(*entry, format, input, attestation));
  }
  const Status trusted = verify_trust(attestation, known, expected.anchors, expected.now);
  if (trusted) return AcceptedAttestation{.type = "trusted", .protection = protection_of(attestation, known)};
  TEGATA_REQUIRE(!must_be_trusted(expected.policy, known, attestation), trusted.error());
  return AcceptedAttestation{.type = attestation.paths.empty() ? attestation.type : "unverified"};
}

}  // namespace tegata::webauthn
