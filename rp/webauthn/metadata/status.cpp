// What is known of a model, held against a registration or against a phone that is bound.
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/metadata/metadata.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::metadata {
namespace {

constexpr std::string_view key_compromise = "ATTESTATION_KEY_COMPROMISE";
constexpr std::array<std::string_view, 5> unwanted = {key_compromise, "USER_VERIFICATION_BYPASS",
                                                      "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE",
                                                      "REVOKED"};

// OpenSSL takes two keys that it cannot read for equal.
bool same_key(const X509& a, const X509& b) {
  const EVP_PKEY *first = X509_get0_pubkey(&a), *second = X509_get0_pubkey(&b);
  return first && second && EVP_PKEY_eq(first, second) == 1;
}

// A key is what is compromised: in every certificate over it, however that is encoded or signed, and for good.
bool leads_through(const attestation::AttestationPath& path, const Bytes& certificate) {
  const ErrorScope errors_stay_here;
  const auto named = attestation::parse_certificate(certificate);
  if (!named) return true;
  const auto has_its_key = [&](const auto& one) { return same_key(*one, **named); };
  return std::ranges::any_of(path, has_its_key) || attestation::verify_path(path, {certificate}, std::nullopt);
}

bool is_unwanted(const std::string& status) { return std::ranges::find(unwanted, status) != unwanted.end(); }

bool concerns(const StatusReport& report, const std::vector<attestation::AttestationPath>& paths) {
  if (report.status != key_compromise || report.certificate.empty()) return true;
  return std::ranges::any_of(paths, [&](const auto& path) { return leads_through(path, report.certificate); });
}

// Whether a statement of that type may come from that model.
bool is_listed(const std::vector<std::string>& types, const std::string& type) {
  const auto lists = [&](const char* name) { return std::ranges::find(types, name) != types.end(); };
  if (type == "none") return true;
  if (type == "self") return lists("basic_surrogate");
  return lists("basic_full") || lists("attca") || lists("anonca") || lists("ecdaa");
}

// Packed statements name the algorithm of their own key; in other formats it belongs to the format or the platform.
bool is_statement_listed(const MetadataEntry& entry, std::string_view format,
                         const attestation::AttestationInput& input) {
  const auto alg = format == "packed" ? input.statement.find("alg") : std::nullopt;
  return !alg || std::ranges::find(entry.algorithms, alg->integer().value_or(0)) != entry.algorithms.end();
}

Status verify_algorithms(const MetadataEntry& entry, std::string_view format,
                         const attestation::AttestationInput& input) {
  const auto refuse = [](std::string detail) {
    return Error(errors::webauthn_metadata_algorithm_mismatch, std::move(detail), wire::clauses::metadata_algorithm);
  };
  const std::int64_t algorithm = input.credential_key.algorithm();
  const bool known = std::ranges::find(entry.algorithms, algorithm) != entry.algorithms.end();
  TEGATA_REQUIRE(known, refuse("credential: " + std::to_string(algorithm)));
  TEGATA_REQUIRE(is_statement_listed(entry, format, input), refuse("statement"));
  return {};
}

// RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key's bits. It names a key and protects nothing.
Bytes key_identifier(const X509& certificate) {
  Bytes identifier(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (X509_pubkey_digest(&certificate, EVP_sha1(), identifier.data(), &size) != 1) return {};
  identifier.resize(size);
  return identifier;
}

}  // namespace

const StatusReport* find_unwanted_report(const MetadataEntry& entry,
                                         const std::vector<attestation::AttestationPath>& paths, Instant now) {
  const auto counts = [&](const StatusReport& report) {
    return is_unwanted(report.status) && report.effective.value_or(now) <= now && concerns(report, paths);
  };
  const auto found = std::ranges::find_if(entry.reports, counts);
  return found == entry.reports.end() ? nullptr : &*found;
}

std::vector<std::pair<Bytes, Instant>> unwanted_models(const Metadata& metadata, Instant now) {
  std::vector<std::pair<Bytes, Instant>> out;
  for (const MetadataEntry& entry : metadata.entries()) {
    for (const StatusReport& report : entry.reports) {
      if (!entry.aaguid.empty() && is_unwanted(report.status) && concerns(report, {})) {
        out.emplace_back(entry.aaguid, report.effective.value_or(now));
      }
    }
  }
  return out;
}

Status verify_status(const MetadataEntry& entry, const std::vector<attestation::AttestationPath>& paths, Instant now) {
  const StatusReport* report = find_unwanted_report(entry, paths, now);
  TEGATA_REQUIRE(!report, Error(errors::webauthn_metadata_status_unwanted, report->status + " " + entry.description,
                                wire::clauses::metadata_status));
  return {};
}

wire::Certification certification_of(const MetadataEntry& entry, Instant now) {
  wire::Certification found = wire::Certification::not_certified;
  Instant since = Instant::min();
  for (const StatusReport& report : entry.reports) {
    const auto reported = wire::find_certification(report.status);
    // Reports stand in the order of their time: one without a day is as new as what stands before it.
    const Instant effective = report.effective.value_or(since);
    if (!reported || effective > now || effective < since) continue;
    if (*reported == wire::Certification::functional && found > wire::Certification::functional) continue;
    found = *reported;
    since = effective;
  }
  return entry.vouches ? found : wire::Certification::not_certified;
}

Status verify_against_metadata(const MetadataEntry& entry, std::string_view format,
                               const attestation::AttestationInput& input,
                               const attestation::VerifiedAttestation& attestation) {
  if (!entry.vouches) return {};
  TEGATA_REQUIRE(
      is_listed(entry.attestation_types, attestation.type),
      Error(errors::webauthn_metadata_attestation_type, attestation.type, wire::clauses::metadata_attestation_type));
  return verify_algorithms(entry, format, input);
}

std::vector<const MetadataEntry*> find_entries(const Metadata* metadata, std::string_view format, ByteView aaguid,
                                               const std::vector<attestation::AttestationPath>& paths) {
  if (!metadata) return {};
  // fido-u2f signs no AAGUID.
  const MetadataEntry* known = format == "fido-u2f" ? nullptr : metadata->find(aaguid);
  if (known) return {known};
  std::vector<const MetadataEntry*> entries;
  for (const attestation::AttestationPath& path : paths) {
    const MetadataEntry* found = metadata->find_key_identifier(key_identifier(*path.front()));
    if (found) entries.push_back(found);
  }
  return entries;
}

}  // namespace tegata::webauthn::metadata
