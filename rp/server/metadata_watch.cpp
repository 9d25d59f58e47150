#include "rp/server/metadata_watch.h"

#include "rp/host/public_file.h"
#include "rp/webauthn/pem.h"

namespace tegata::server {

Result<webauthn::metadata::ExpectedMetadata> expected_metadata(const config::MetadataConfig& config, Instant now) {
  webauthn::metadata::ExpectedMetadata expected;
  for (const std::string& path : config.anchors) {
    TEGATA_ASSIGN(const std::string text, host::read_public_file(path));
    TEGATA_ASSIGN(const auto anchors, webauthn::parse_pem_or_der(text, webauthn::pem_certificate));
    expected.anchors.insert(expected.anchors.end(), anchors.begin(), anchors.end());
  }
  expected.crls_required = config.crls_required;
  expected.host = config.host;
  expected.now = now;
  return expected;
}

Result<webauthn::metadata::Metadata> verify_stored_metadata(const config::MetadataConfig& config,
                                                            const store::MetadataBlob& stored) {
  TEGATA_ASSIGN(auto expected, expected_metadata(config, stored.imported_at));
  // Revocation was judged at the import, and so was whether a stale one may be used.
  expected.crls_required = false;
  expected.stale_allowed = true;
  return webauthn::metadata::verify_metadata(stored.blob, expected);
}

std::shared_ptr<const webauthn::metadata::Metadata> MetadataWatch::current() {
  if (config_.anchors.empty()) return nullptr;
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (looked_at_ && now - *looked_at_ < interval) return metadata_;
  looked_at_ = now;
  const auto done = refresh();
  if (!done) log_.error("metadata_unusable", done.error());
  // A store that does not answer takes nothing out of use.
  unusable_ = done || generation_ ? std::nullopt : std::optional(done.error());
  return metadata_;
}

Status MetadataWatch::refresh() {
  TEGATA_ASSIGN(const auto generation, store_.read<std::int64_t>(store::metadata_generation));
  if (generation_ == generation) return {};
  TEGATA_ASSIGN(const auto stored, store_.read<std::optional<store::MetadataBlob>>(store::find_metadata_blob));
  if (!stored) {
    metadata_ = nullptr;
    generation_ = generation;
    return {};
  }
  auto metadata = verify_stored_metadata(config_, *stored);
  if (!metadata) return keep_warnings(*stored, metadata.error());
  metadata_ = std::make_shared<const webauthn::metadata::Metadata>(std::move(*metadata));
  generation_ = stored->generation;
  log_.info("metadata_loaded", {{"number", metadata_->number()},
                                {"entries", metadata_->entries().size()},
                                {"next_update", format_rfc3339(metadata_->next_update())}});
  return {};
}

Error MetadataWatch::keep_warnings(const store::MetadataBlob& stored, const Error& why) {
  metadata_ = std::make_shared<const webauthn::metadata::Metadata>(
      webauthn::metadata::warnings_of(stored.blob, metadata_.get()));
  generation_ = std::nullopt;
  return why;
}

std::optional<Error> MetadataWatch::unusable() {
  current();
  const std::lock_guard lock(mutex_);
  return unusable_;
}

std::string MetadataWatch::fault() {
  const auto why = unusable();
  if (!why) return "";
  return "metadata_unusable " + std::string(why->code().name()) + " " + why->detail() +
         ": no phone counts as hardware until the stored BLOB verifies. Set [metadata] right and restart, or import "
         "one "
         "that is signed under its anchors: tegata metadata import\n";
}

std::string MetadataWatch::warnings() {
  if (config_.anchors.empty() || current() || unusable()) return "";
  return "warning metadata_none [metadata] names anchors, and nothing was imported: tegata metadata import\n";
}

std::string MetadataWatch::figures() {
  const auto metadata = current();
  const auto gauge = [](const char* name, std::int64_t value) {
    return std::string("# TYPE ") + name + " gauge\n" + name + " " + std::to_string(value) + "\n";
  };
  if (unusable()) return gauge("tegata_metadata_usable", 0);
  if (!metadata) return "";
  return gauge("tegata_metadata_usable", 1) + gauge("tegata_metadata_number", metadata->number()) +
         gauge("tegata_metadata_next_update_seconds", unix_seconds(metadata->next_update())) +
         gauge("tegata_metadata_stale", metadata->is_stale(clock_.now()));
}

}  // namespace tegata::server
