// FIDO metadata (Metadata Service 3.0 and 3.1): what the FIDO Alliance publishes about models of authenticators, as one
// signed file, the BLOB:
//
//   BLOB    = BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature)      a compact JWS
//   header  = {"alg": "RS256" | "ES256", "x5c": [<the signer's certificate>, <its issuer>, ...]}
//   payload = {"no": 42, "nextUpdate": "2026-12-01", "entries": [{"aaguid", "statusReports", "metadataStatement"}]}
//
// Nothing is ever fetched. Members that are not known are ignored wherever they stand. An entry that cannot be read is
// listed and spoils no other; what could be read of it still warns of a model, but vouches for nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"
#include "rp/webauthn/attestation/attestation.h"

namespace tegata::webauthn::metadata {

struct StatusReport {
  std::string status;                // "REVOKED", "FIDO_CERTIFIED_L1", ...
  std::optional<Instant> effective;  // absent: as long as it stands here
  Bytes certificate;                 // DER: the batch that it is about; empty: the whole model
};

struct MetadataEntry {
  Bytes aaguid;                        // 16 bytes; empty for models of U2F
  std::vector<Bytes> key_identifiers;  // of U2F's attestation certificates, 20 bytes each
  std::string description;
  std::vector<StatusReport> reports;
  // What the metadata statement says. Nothing of it is there unless the entry vouches.
  bool vouches = false;
  std::vector<std::int64_t> algorithms;        // COSE identifiers; names that are not known here are left out
  std::vector<std::string> attestation_types;  // "basic_full", "basic_surrogate", ...
  std::vector<Bytes> anchors;                  // DER certificates, each of them readable
  wire::KeyProtection protection = wire::KeyProtection::unproven;
};

// An entry, or a part of one, that was left out.
struct SkippedEntry {
  std::size_t index = 0;
  std::string reason;
};

struct MetadataPayload {
  std::int64_t number = 0;
  Instant next_update{};
  std::vector<MetadataEntry> entries;
  std::vector<SkippedEntry> skipped;
};

inline constexpr std::size_t largest_metadata = 64 * 1024 * 1024;

// The payload alone, without any signature: nothing of it is to be believed. Error: webauthn_metadata_malformed.
Result<MetadataPayload> parse_metadata_payload(ByteView json);

// One BLOB among its successors.
struct MetadataEdition {
  std::int64_t number = 0;
  Digest digest{};  // of the whole BLOB
};

struct ExpectedMetadata {
  std::vector<Bytes> anchors;  // DER: the pinned roots
  std::vector<Bytes> crls;     // DER; where there are any, the whole chain must be covered by them
  bool crls_required = false;
  std::string host = "mds.fidoalliance.org";  // whose certificate signs; empty: anybody below the pinned roots
  std::optional<MetadataEdition> newest;      // accepted before
  bool stale_allowed = false;
  Instant now{};
};

// Made by verify_metadata, or, where that refuses it, by warnings_of.
class Metadata {
 public:
  // False of what warnings_of made: it refuses models, and vouches for none.
  bool is_verified() const { return verified_; }
  std::int64_t number() const { return payload_.number; }
  const Digest& digest() const { return digest_; }
  Instant next_update() const { return payload_.next_update; }
  const std::vector<MetadataEntry>& entries() const { return payload_.entries; }
  const std::vector<SkippedEntry>& skipped() const { return payload_.skipped; }
  bool revocation_checked() const { return revocation_checked_; }

  // The day of the next update has passed.
  bool is_stale(Instant now) const;

  // Null where nothing is known of that model.
  const MetadataEntry* find(ByteView aaguid) const;
  const MetadataEntry* find_key_identifier(ByteView identifier) const;

 private:
  friend Result<Metadata> verify_metadata(std::string_view, const ExpectedMetadata&);
  friend Metadata warnings_of(std::string_view, const Metadata*);
  Metadata(MetadataPayload payload, const Digest& digest, bool revocation_checked);
  MetadataPayload payload_;
  Digest digest_{};
  bool revocation_checked_ = false, verified_ = true;
  std::map<Bytes, std::size_t> by_aaguid_, by_key_identifier_;
};

// Judged in this order; nothing of the payload is read before its signature was right. Errors:
//   webauthn_metadata_malformed, webauthn_metadata_header, webauthn_metadata_algorithm, webauthn_anchor_malformed,
//   webauthn_metadata_crl_malformed, webauthn_metadata_crl_missing, webauthn_metadata_untrusted,
//   webauthn_metadata_revoked, webauthn_metadata_host, webauthn_metadata_signature, webauthn_metadata_malformed,
//   webauthn_metadata_number_older, webauthn_metadata_number_reused, webauthn_metadata_stale
Result<Metadata> verify_metadata(std::string_view blob, const ExpectedMetadata& expected);

// What is left of a BLOB that was accepted once and does not verify any more: what it warns of. Where nothing of it can
// be read, that of the one before it, which may be null.
Metadata warnings_of(std::string_view blob, const Metadata* before);

// The first report in effect at `now` that makes the model unwanted; null if there is none. A compromised attestation
// key whose certificate is named concerns only the authenticators whose path leads through that key, in whichever
// certificate, and even where one of them has expired.
const StatusReport* find_unwanted_report(const MetadataEntry&, const std::vector<attestation::AttestationPath>& paths,
                                         Instant now);

// The models of which metadata warns as a whole, by AAGUID, and from when on: `now` where it does not say. What
// concerns only a part of a model, or a model of U2F, is for verify_model.
std::vector<std::pair<Bytes, Instant>> unwanted_models(const Metadata&, Instant now);

// Error: webauthn_metadata_status_unwanted.
Status verify_status(const MetadataEntry&, const std::vector<attestation::AttestationPath>& paths, Instant now);

// An attestation against what is known of its model, but for its status. Errors: webauthn_metadata_attestation_type,
// webauthn_metadata_algorithm_mismatch.
Status verify_against_metadata(const MetadataEntry&, std::string_view format, const attestation::AttestationInput&,
                               const attestation::VerifiedAttestation&);

// What is known of a model: the entry of its AAGUID, or those of its attestation keys where that is zero or unknown
// (a statement of U2F may be a part of a compound). None without metadata.
std::vector<const MetadataEntry*> find_entries(const Metadata*, std::string_view format, ByteView aaguid,
                                               const std::vector<attestation::AttestationPath>& paths);

// How the model is certified at `now`: what was reported last, of the reports in effect; one without a day follows the
// one that it stands behind. FIDO_CERTIFIED, which the levels have replaced, takes no level back. not_certified unless
// the entry vouches.
wire::Certification certification_of(const MetadataEntry&, Instant now);

}  // namespace tegata::webauthn::metadata
