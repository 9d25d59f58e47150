// What is known of a model, held against a registration or against a phone that is bound.
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "rp/webauthn/attestation_certificate.h"
#include "rp/webauthn/check.h"
#include "rp/webauthn/clauses.h"
#include "rp/webauthn/errors.h"
#include "rp/webauthn/metadata.h"

namespace tegata::webauthn {
namespace {

constexpr std::string_view key_compromise = "ATTESTATION_KEY_COMPROMISE";
constexpr std::array<std::string_view, 5> unwanted = {key_compromise, "USER_VERIFICATION_BYPASS",
                                                      "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE",
                                                      "REVOKED"};

Bytes encode(X509& certificate) {
  Bytes der(static_cast<std::size_t>(std::max(0, i2d_X509(&certificate, nullptr))));
  unsigned char* cursor = der.data();
  if (!der.empty()) i2d_X509(&certificate, &cursor);
  return der;
}

bool leads_through(const AttestationPath& path, const Bytes& certificate, Instant now) {
  const auto is_it = [&](const auto& one) { return encode(*one) == certificate; };
  return std::ranges::any_of(path, is_it) || verify_path(path, {certificate}, now);
}

bool concerns(const StatusReport& report, const std::vector<AttestationPath>& paths, Instant now) {
  if (report.status != key_compromise || report.certificate.empty()) return true;
  return std::ranges::any_of(paths, [&](const auto& path) { return leads_through(path, report.certificate, now); });
}

Status verify_status(const MetadataEntry& entry, const std::vector<AttestationPath>& paths, Instant now) {
  const StatusReport* report = find_unwanted_report(entry, paths, now);
  TEGATA_REQUIRE(!report, Error(errors::webauthn_metadata_status_unwanted, report->status + " " + entry.description,
                                clauses::metadata_status));
  return {};
}

// Whether a statement of that type may come from that model.
bool is_listed(const std::vector<std::string>& types, const std::string& type) {
  const auto lists = [&](const char* name) { return std::ranges::find(types, name) != types.end(); };
  if (type == "none") return true;
  if (type == "self") return lists("basic_surrogate");
  return lists("basic_full") || lists("attca") || lists("anonca") || lists("ecdaa");
}

// Packed statements name the algorithm of their own key; in other formats it belongs to the format or the platform.
bool is_statement_listed(const MetadataEntry& entry, std::string_view format, const AttestationInput& input) {
  const auto alg = format == "packed" ? input.statement.find("alg") : std::nullopt;
  return !alg || std::ranges::find(entry.algorithms, alg->integer().value_or(0)) != entry.algorithms.end();
}

Status verify_algorithms(const MetadataEntry& entry, std::string_view format, const AttestationInput& input) {
  const auto refuse = [](std::string detail) {
    return Error(errors::webauthn_metadata_algorithm_mismatch, std::move(detail), clauses::metadata_algorithm);
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

// The certificates of a record's statement, where its format shows them as most do.
std::vector<AttestationPath> paths_of(const CredentialRecord& record) {
  const auto object = parse_attestation_object(record.attestation_object);
  const auto x5c = object ? object->statement.find("x5c") : std::nullopt;
  if (!x5c) return {};
  auto path = parse_x5c(*x5c);
  return path ? std::vector<AttestationPath>{std::move(*path)} : std::vector<AttestationPath>{};
}

}  // namespace

const StatusReport* find_unwanted_report(const MetadataEntry& entry, const std::vector<AttestationPath>& paths,
                                         Instant now) {
  const auto counts = [&](const StatusReport& report) {
    return std::ranges::find(unwanted, report.status) != unwanted.end() && report.effective.value_or(now) <= now &&
           concerns(report, paths, now);
  };
  const auto found = std::ranges::find_if(entry.reports, counts);
  return found == entry.reports.end() ? nullptr : &*found;
}

Status verify_against_metadata(const MetadataEntry& entry, std::string_view format, const AttestationInput& input,
                               const VerifiedAttestation& attestation) {
  TEGATA_TRY(verify_status(entry, attestation.paths, input.now));
  if (!entry.vouches) return {};
  TEGATA_REQUIRE(
      is_listed(entry.attestation_types, attestation.type),
      Error(errors::webauthn_metadata_attestation_type, attestation.type, clauses::metadata_attestation_type));
  return verify_algorithms(entry, format, input);
}

const MetadataEntry* find_entry(const Metadata* metadata, std::string_view format, ByteView aaguid,
                                const std::vector<AttestationPath>& paths) {
  if (!metadata) return nullptr;
  if (format != "fido-u2f") return metadata->find(aaguid);
  return paths.empty() ? nullptr : metadata->find_key_identifier(key_identifier(*paths.front().front()));
}

Status verify_model(const Metadata& metadata, const CredentialRecord& record, Instant now) {
  const bool may_be_u2f = record.attestation_format == "fido-u2f";
  const MetadataEntry* known = may_be_u2f ? nullptr : metadata.find(record.aaguid);
  if (!known && !may_be_u2f) return {};
  const auto paths = paths_of(record);
  if (may_be_u2f) known = find_entry(&metadata, record.attestation_format, record.aaguid, paths);
  return known ? verify_status(*known, paths, now) : Status{};
}

}  // namespace tegata::webauthn
