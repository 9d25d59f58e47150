#include "rp/cli/metadata.h"

#include "rp/cli/command/dry_run.h"
#include "rp/cli/command/ended.h"
#include "rp/host/public_file.h"
#include "rp/server/compose.h"
#include "rp/server/config/errors.h"
#include "rp/server/metadata_watch.h"
#include "rp/webauthn/pem.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::cli {
namespace {

using Stored = std::optional<store::MetadataBlob>;

// A download may end with a line feed; the BLOB itself has none.
Result<std::string> read_blob(const std::string& file) {
  TEGATA_ASSIGN(std::string blob, host::read_input(file));
  while (blob.ends_with('\n') || blob.ends_with('\r')) blob.pop_back();
  return blob;
}

Result<std::vector<Bytes>> read_crls(const std::vector<std::string>& files) {
  std::vector<Bytes> all;
  for (const std::string& file : files) {
    TEGATA_ASSIGN(const std::string text, host::read_input(file));
    TEGATA_ASSIGN(const auto crls, webauthn::parse_pem_or_der(text, webauthn::pem_crl));
    all.insert(all.end(), crls.begin(), crls.end());
  }
  return all;
}

Json answer(const webauthn::metadata::Metadata& metadata, Instant now) {
  Json skipped = Json::array();
  for (const auto& entry : metadata.skipped()) skipped.push_back({{"index", entry.index}, {"reason", entry.reason}});
  return {{"ok", true},
          {"number", metadata.number()},
          {"entries", metadata.entries().size()},
          {"skipped", skipped},
          {"next_update", format_rfc3339(metadata.next_update())},
          {"stale", metadata.is_stale(now)},
          {"sha256", hex(metadata.digest())}};
}

Result<webauthn::metadata::Metadata> verify(const server::config::Config& config, const MetadataImport& import,
                                            const std::string& blob, const Stored& stored, Instant now) {
  TEGATA_ASSIGN(auto expected, server::expected_metadata(config.metadata, now));
  TEGATA_ASSIGN(expected.crls, read_crls(import.crls));
  expected.stale_allowed = import.stale_allowed;
  if (stored) expected.newest = webauthn::metadata::MetadataEdition{stored->number, sha256(stored->blob)};
  return webauthn::metadata::verify_metadata(blob, expected);
}

store::AuditEvent event(const MetadataImport& import, const char* kind, std::string subject, Json details,
                        std::string_view code = {}) {
  store::AuditEvent made;
  made.kind = kind;
  made.actor = import.actor;
  made.subject = std::move(subject);
  made.code = std::string(code);
  made.details = std::move(details);
  made.source = import.actor;
  return made;
}

std::vector<store::UnwantedModel> unwanted_of(const webauthn::metadata::Metadata& metadata, Instant now) {
  std::vector<store::UnwantedModel> out;
  for (const auto& [aaguid, since] : webauthn::metadata::unwanted_models(metadata, now)) out.push_back({aaguid, since});
  return out;
}

// Gives what ended with the models that it warns of.
Result<store::EndedRequests> put(store::Transaction& transaction, const MetadataImport& import, const std::string& blob,
                                 const webauthn::metadata::Metadata& metadata) {
  const store::MetadataBlob row{blob, metadata.number(), metadata.next_update(), {}, 0};
  TEGATA_ASSIGN(const bool stored,
                store::put_metadata_blob(transaction, row, unwanted_of(metadata, transaction.now())));
  // Another import was quicker.
  if (!stored) return Error(errors::webauthn_metadata_number_older, std::to_string(metadata.number()));
  TEGATA_ASSIGN(const auto ended, store::end_fallen(transaction, store::Right::model));
  transaction.audit(event(import, "metadata_imported", "metadata:" + std::to_string(metadata.number()),
                          {{"entries", metadata.entries().size()},
                           {"skipped", metadata.skipped().size()},
                           {"next_update", format_rfc3339(metadata.next_update())},
                           {"revocation_checked", metadata.revocation_checked()},
                           {"sha256", hex(metadata.digest())},
                           {"ended", command::describe_ended(ended)}}));
  return ended;
}

struct Imported {
  webauthn::metadata::Metadata metadata;
  store::EndedRequests ended;
};

Error refused(store::Store& store, const MetadataImport& import, const Error& error) {
  const auto recorded = store.write<void>([&](store::Transaction& transaction) -> Status {
    transaction.audit_refusal(event(import, "metadata_refused", "metadata", Json::object(), error.code().name()));
    return error;
  });
  return recorded.error();
}

Result<Imported> import_into(store::Store& store, const server::config::Config& config, const MetadataImport& import,
                             Instant now) {
  TEGATA_ASSIGN(const std::string blob, read_blob(import.file));
  TEGATA_ASSIGN(const auto stored, store.read<Stored>(store::find_metadata_blob));
  auto metadata = verify(config, import, blob, stored, now);
  if (!metadata) return import.dry_run ? metadata.error() : refused(store, import, metadata.error());
  TEGATA_ASSIGN(const auto ended,
                command::write_or_try<store::EndedRequests>(store, import.dry_run, [&](auto& transaction) {
                  return put(transaction, import, blob, *metadata);
                }));
  return Imported{std::move(*metadata), ended};
}

}  // namespace

Result<Json> import_metadata(const MetadataImport& import, const Clock& clock) {
  TEGATA_ASSIGN(const auto config, server::config::load_config(import.config));
  if (config.metadata.anchors.empty())
    return Error(errors::config_invalid, import.config + ": metadata.anchors is missing");
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  TEGATA_ASSIGN(const auto done, import_into(*store, config, import, clock.now()));
  Json out = answer(done.metadata, clock.now());
  out["revocation_checked"] = done.metadata.revocation_checked();
  out["ended"] = command::describe_ended(done.ended);
  out["imported"] = !import.dry_run;
  return out;
}

Result<Json> show_metadata(const server::config::Config& config, const Clock& clock) {
  if (config.metadata.anchors.empty()) return Json();
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  TEGATA_ASSIGN(const auto stored, store->read<Stored>(store::find_metadata_blob));
  if (!stored) return Json();
  TEGATA_ASSIGN(const auto metadata, server::verify_stored_metadata(config.metadata, *stored));
  Json out = answer(metadata, clock.now());
  out["imported_at"] = format_rfc3339(stored->imported_at);
  return out;
}

}  // namespace tegata::cli
