// The FIDO metadata that a running server works with: the imported BLOB, verified again, replaced when an operator
// brings in another.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "rp/server/config.h"
#include "rp/server/log.h"
#include "rp/store/metadata_blob.h"
#include "rp/webauthn/metadata.h"

namespace tegata::server {

// What a BLOB is held against, but for what was accepted before and revocation lists.
// Errors: config_invalid, webauthn_pem_malformed.
Result<webauthn::ExpectedMetadata> expected_metadata(const MetadataConfig&, Instant now);

// Verifies what was stored as at the moment of its import: its age takes away none of its warnings.
Result<webauthn::Metadata> verify_stored_metadata(const MetadataConfig&, const store::MetadataBlob&);

class MetadataWatch {
 public:
  static constexpr std::chrono::seconds interval{60};

  // The references must outlive it.
  MetadataWatch(MetadataConfig config, store::Store& store, const Clock& clock, const Log& log)
      : config_(std::move(config)), store_(store), clock_(clock), log_(log) {}

  // Null while nothing usable was imported, or without configured anchors. Looks for a newer import once a minute; one
  // that does not verify is logged, leaves what was there, and is tried again.
  std::shared_ptr<const webauthn::Metadata> current();

  // Prometheus text. Where roots are pinned and anything was imported, tegata_metadata_usable says whether the newest
  // import is the one in use.
  std::string figures();

 private:
  Status refresh();
  std::optional<bool> usable();
  const MetadataConfig config_;
  store::Store& store_;
  const Clock& clock_;
  const Log& log_;
  std::mutex mutex_;
  std::optional<std::chrono::milliseconds> looked_at_;
  std::int64_t newest_ = 0;      // generation of what is stored
  std::int64_t generation_ = 0;  // of what is in use
  std::shared_ptr<const webauthn::Metadata> metadata_;
};

}  // namespace tegata::server
