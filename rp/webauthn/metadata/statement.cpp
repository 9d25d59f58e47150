// The payload of a BLOB: entries, their status reports, and what metadata statements say that we act on.
#include <algorithm>
#include <array>
#include <set>

#include "rp/base/json.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/metadata/metadata.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::metadata {
namespace {

constexpr std::size_t deepest_payload = 64;

struct AlgorithmName {
  std::string_view name;
  std::int64_t cose;
};
// The FIDO Registry of Predefined Values. One of its editions has "secp512r1".
constexpr std::array algorithm_names{
    AlgorithmName{"secp256r1_ecdsa_sha256_raw", wire::cose::es256},
    AlgorithmName{"secp256r1_ecdsa_sha256_der", wire::cose::es256},
    AlgorithmName{"secp384r1_ecdsa_sha384_raw", wire::cose::es384},
    AlgorithmName{"secp521r1_ecdsa_sha512_raw", wire::cose::es512},
    AlgorithmName{"secp512r1_ecdsa_sha256_raw", wire::cose::es512},
    AlgorithmName{"secp512r1_ecdsa_sha512_raw", wire::cose::es512},
    AlgorithmName{"ed25519_eddsa_sha512_raw", wire::cose::eddsa},
    AlgorithmName{"ed448_eddsa_sha512_raw", wire::cose::ed448},
    AlgorithmName{"rsassa_pss_sha256_raw", wire::cose::ps256},
    AlgorithmName{"rsassa_pss_sha256_der", wire::cose::ps256},
    AlgorithmName{"rsassa_pss_sha384_raw", wire::cose::ps384},
    AlgorithmName{"rsassa_pss_sha512_raw", wire::cose::ps512},
    AlgorithmName{"rsassa_pkcsv15_sha256_raw", wire::cose::rs256},
    AlgorithmName{"rsa_emsa_pkcs1_sha256_raw", wire::cose::rs256},
    AlgorithmName{"rsa_emsa_pkcs1_sha256_der", wire::cose::rs256},
    AlgorithmName{"rsassa_pkcsv15_sha384_raw", wire::cose::rs384},
    AlgorithmName{"rsassa_pkcsv15_sha512_raw", wire::cose::rs512},
    AlgorithmName{"rsassa_pkcsv15_sha1_raw", wire::cose::rs1},
};

Error entry_malformed(std::string detail) {
  return Error(errors::webauthn_metadata_malformed, std::move(detail), wire::clauses::metadata_entry);
}

std::string reason(const Error& error) { return std::string(error.code().name()) + ": " + error.detail(); }

Result<Bytes> parse_aaguid(std::string text) {
  const bool hyphens = text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
  std::erase(text, '-');
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'F' ? char(c + 32) : c; });
  auto bytes = parse_hex(text);
  TEGATA_REQUIRE(hyphens && bytes && bytes->size() == 16, entry_malformed("aaguid"));
  const bool names_a_model = std::ranges::any_of(*bytes, [](std::uint8_t byte) { return byte != 0; });
  TEGATA_REQUIRE(names_a_model, entry_malformed("aaguid is zero"));
  return bytes;
}

Result<std::vector<Bytes>> parse_key_identifiers(const Json& json) {
  TEGATA_ASSIGN(const auto texts, json_strings(json, "attestationCertificateKeyIdentifiers"));
  std::vector<Bytes> identifiers;
  for (const std::string& text : texts) {
    auto bytes = parse_hex(text);
    TEGATA_REQUIRE(bytes && bytes->size() == 20, entry_malformed("attestationCertificateKeyIdentifiers"));
    identifiers.push_back(std::move(*bytes));
  }
  return identifiers;
}

// Which model the entry is about.
Result<MetadataEntry> parse_identity(const Json& json) {
  MetadataEntry entry;
  TEGATA_ASSIGN(const auto aaguid, json_optional_string(json, "aaguid"));
  if (aaguid) {
    TEGATA_ASSIGN(entry.aaguid, parse_aaguid(*aaguid));
    return entry;
  }
  TEGATA_ASSIGN(entry.key_identifiers, parse_key_identifiers(json));
  TEGATA_REQUIRE(!entry.key_identifiers.empty(),
                 entry_malformed(json.contains("aaid") ? "a model of UAF, without an aaguid" : "names no model"));
  return entry;
}

Result<Bytes> parse_base64_certificate(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  TEGATA_ASSIGN(Bytes der, parse_base64(text));
  TEGATA_TRY(attestation::parse_certificate(der));
  return der;
}

Result<Instant> parse_date(const std::string& text) {
  return parse_rfc3339(text.size() == 10 ? text + "T00:00:00Z" : text);
}

// Reads as much as it can: where the date or the certificate is unreadable, the report is taken as in effect for the
// whole model. Gives what was wrong.
std::string read_report(const Json& json, MetadataEntry& entry) {
  StatusReport report;
  const auto status = json_string(json, "status");
  if (!status) return reason(status.error());
  report.status = *status;
  std::string trouble;
  const auto take = [&](const char* name, auto parse, auto& out) {
    const auto text = json_optional_string(json, name);
    if (!text) {
      trouble = reason(text.error());
    } else if (*text && !(**text).empty()) {
      if (auto value = parse(**text)) {
        out = *value;
      } else {
        trouble = std::string("statusReports.") + name + " cannot be read";
      }
    }
  };
  take("effectiveDate", parse_date, report.effective);
  take("certificate", parse_base64_certificate, report.certificate);
  entry.reports.push_back(std::move(report));
  return trouble;
}

std::string read_reports(const Json& json, MetadataEntry& entry) {
  const auto found = json.find("statusReports");
  if (found == json.end()) return "statusReports is missing";
  if (!found->is_array()) return "statusReports is no array";
  std::string trouble;
  for (const Json& report : *found) {
    if (std::string wrong = read_report(report, entry); !wrong.empty()) trouble = std::move(wrong);
  }
  return trouble;
}

Result<std::vector<std::string>> parse_texts(const Json& statement, const char* name) {
  TEGATA_REQUIRE(statement.contains(name), entry_malformed(std::string("metadataStatement.") + name + " is missing"));
  return json_strings(statement, name);
}

std::vector<std::int64_t> cose_identifiers(const std::vector<std::string>& names) {
  std::vector<std::int64_t> identifiers;
  for (const std::string& name : names) {
    const auto known = std::ranges::find(algorithm_names, std::string_view(name), &AlgorithmName::name);
    if (known != algorithm_names.end()) identifiers.push_back(known->cose);
  }
  return identifiers;
}

Status verify_same_model(const Json& statement, const MetadataEntry& entry) {
  TEGATA_ASSIGN(const auto text, json_optional_string(statement, "aaguid"));
  if (!text) return {};
  TEGATA_ASSIGN(const Bytes aaguid, parse_aaguid(*text));
  TEGATA_REQUIRE(aaguid == entry.aaguid, entry_malformed("metadataStatement.aaguid is another"));
  return {};
}

// Every statement has one; where it is missing, the model vouches for the AAGUID alone.
Result<wire::KeyProtection> read_key_protection(const Json& statement) {
  if (!statement.contains("keyProtection")) return wire::KeyProtection::unproven;
  TEGATA_ASSIGN(const auto words, json_strings(statement, "keyProtection"));
  return wire::parse_key_protection(words);
}

Status read_statement(const Json& json, MetadataEntry& entry) {
  const auto found = json.find("metadataStatement");
  if (found == json.end() || found->is_null()) return {};
  TEGATA_TRY(verify_same_model(*found, entry));
  TEGATA_ASSIGN(const auto description, json_optional_string(*found, "description"));
  TEGATA_ASSIGN(const auto algorithms, parse_texts(*found, "authenticationAlgorithms"));
  TEGATA_ASSIGN(const auto types, parse_texts(*found, "attestationTypes"));
  TEGATA_ASSIGN(const auto roots, parse_texts(*found, "attestationRootCertificates"));
  TEGATA_ASSIGN(const auto protection, read_key_protection(*found));
  std::vector<Bytes> anchors;
  for (const std::string& root : roots) {
    TEGATA_ASSIGN(anchors.emplace_back(), parse_base64_certificate(root));
  }
  entry.description = description.value_or("");
  entry.algorithms = cose_identifiers(algorithms);
  entry.attestation_types = types;
  entry.anchors = std::move(anchors);
  entry.protection = protection;
  entry.vouches = true;
  return {};
}

void stop_vouching(MetadataEntry& entry) {
  entry.vouches = false;
  entry.protection = wire::KeyProtection::unproven;
  entry.anchors.clear();
  entry.algorithms.clear();
  entry.attestation_types.clear();
}

// Of a model that two entries name, what one of them says against it counts, and no praise.
bool warns(const StatusReport& report) {
  return wire::find_certification(report.status).value_or(wire::Certification::not_certified) ==
         wire::Certification::not_certified;
}

class PayloadReader {
 public:
  explicit PayloadReader(MetadataPayload& out) : out_(out) {}

  void read_entry(std::size_t index, const Json& json) {
    auto entry = parse_identity(json);
    if (!entry) return skip(index, reason(entry.error()));
    std::string trouble = read_reports(json, *entry);
    if (const auto statement = read_statement(json, *entry); !statement) trouble = reason(statement.error());
    if (!trouble.empty()) {
      stop_vouching(*entry);
      skip(index, trouble);
    }
    add(index, std::move(*entry));
  }

 private:
  void skip(std::size_t index, std::string why) { out_.skipped.push_back({index, std::move(why)}); }

  // A second entry for a model adds its warnings to the first. One of U2F stands for the keys that are new with it.
  void add(std::size_t index, MetadataEntry entry) {
    const bool is_u2f = entry.aaguid.empty();
    const std::size_t own = out_.entries.size();
    std::set<std::size_t> earlier;
    bool is_new = false;
    for (const Bytes& name : is_u2f ? entry.key_identifiers : std::vector<Bytes>{entry.aaguid}) {
      const std::size_t place = places_.emplace(name, own).first->second;
      if (place == own) {
        is_new = true;
      } else {
        earlier.insert(place);
      }
    }
    for (const std::size_t place : earlier) {
      std::ranges::copy_if(entry.reports, std::back_inserter(out_.entries[place].reports), warns);
    }
    if (!earlier.empty()) skip(index, is_u2f ? "attestationCertificateKeyIdentifiers repeated" : "aaguid repeated");
    if (is_new) out_.entries.push_back(std::move(entry));
  }

  MetadataPayload& out_;
  std::map<Bytes, std::size_t> places_;  // by AAGUID or key identifier: they differ in length
};

}  // namespace

Result<MetadataPayload> parse_metadata_payload(ByteView json) {
  const auto refuse = [](std::string detail) {
    return Error(errors::webauthn_metadata_malformed, std::move(detail), wire::clauses::metadata_payload);
  };
  const auto root = parse_json(as_text(json), {largest_metadata, deepest_payload});
  TEGATA_REQUIRE(root, refuse(std::string(root.error().code().name())));
  MetadataPayload out;
  const auto number = json_integer(*root, "no");
  TEGATA_REQUIRE(number, refuse("no"));
  out.number = *number;
  const auto text = json_string(*root, "nextUpdate");
  const auto next_update = parse_date(text.value_or(""));
  TEGATA_REQUIRE(next_update, refuse("nextUpdate"));
  out.next_update = *next_update;
  const auto entries = root->find("entries");
  TEGATA_REQUIRE(entries != root->end() && entries->is_array(), refuse("entries"));
  PayloadReader reader(out);
  for (std::size_t i = 0; i < entries->size(); ++i) reader.read_entry(i, (*entries)[i]);
  return out;
}

}  // namespace tegata::webauthn::metadata
