#include "rp/server/metadata_watch.h"

#include "rp/webauthn/pem.h"

namespace tegata::server {

Result<webauthn::ExpectedMetadata> expected_metadata(const MetadataConfig& config, Instant now) {
  webauthn::ExpectedMetadata expected;
  for (const std::string& path : config.anchors) {
    TEGATA_ASSIGN(const std::string text, read_file(path));
    TEGATA_ASSIGN(const auto anchors, webauthn::parse_pem_or_der(text, webauthn::pem_certificate));
    expected.anchors.insert(expected.anchors.end(), anchors.begin(), anchors.end());
  }
  expected.crls_required = config.crls_required;
  expected.host = config.host;
  expected.now = now;
  return expected;
}

Result<webauthn::Metadata> verify_stored_metadata(const MetadataConfig& config, const store::MetadataBlob& stored) {
  TEGATA_ASSIGN(auto expected, expected_metadata(config, stored.imported_at));
  // Revocation was judged at the import, and so was whether a stale one may be used.
  expected.crls_required = false;
  expected.stale_allowed = true;
  return webauthn::verify_metadata(stored.blob, expected);
}

std::shared_ptr<const webauthn::Metadata> MetadataWatch::current() {
  if (config_.anchors.empty()) return nullptr;
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (looked_at_ && now - *looked_at_ < interval) return metadata_;
  looked_at_ = now;
  if (const auto done = refresh(); !done) log_.error("metadata_unusable", done.error());
  return metadata_;
}

Status MetadataWatch::refresh() {
  TEGATA_ASSIGN(const auto generation, store_.read<std::int64_t>(store::metadata_generation));
  newest_ = generation;
  if (generation == generation_) return {};
  TEGATA_ASSIGN(const auto stored, store_.read<std::optional<store::MetadataBlob>>(store::find_metadata_blob));
  if (!stored) return {};
  TEGATA_ASSIGN(auto metadata, verify_stored_metadata(config_, *stored));
  metadata_ = std::make_shared<const webauthn::Metadata>(std::move(metadata));
  generation_ = stored->generation;
  log_.info("metadata_loaded", {{"number", metadata_->number()},
                                {"entries", metadata_->entries().size()},
                                {"next_update", format_rfc3339(metadata_->next_update())}});
  return {};
}

std::optional<bool> MetadataWatch::usable() {
  const std::lock_guard lock(mutex_);
  if (newest_ == 0) return std::nullopt;
  return newest_ == generation_;
}

std::string MetadataWatch::figures() {
  const auto metadata = current();
  const auto gauge = [](const char* name, std::int64_t value) {
    return std::string("# TYPE ") + name + " gauge\n" + name + " " + std::to_string(value) + "\n";
  };
  const auto in_use = usable();
  const std::string first = in_use ? gauge("tegata_metadata_usable", *in_use) : std::string();
  if (!metadata) return first;
  return first + gauge("tegata_metadata_number", metadata->number()) +
         gauge("tegata_metadata_next_update_seconds", unix_seconds(metadata->next_update())) +
         gauge("tegata_metadata_stale", metadata->is_stale(clock_.now()));
}

}  // namespace tegata::server
