// The FIDO metadata that a running server works with: the imported BLOB, verified again, replaced when an operator
// brings in another.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "rp/server/config/config.h"
#include "rp/server/running/log.h"
#include "rp/store/metadata_blob.h"
#include "rp/webauthn/metadata/metadata.h"

namespace tegata::server {

// What a BLOB is held against, but for what was accepted before and revocation lists.
// Errors: webauthn_pem_malformed, those of a public file (rp/host/public_file.h).
Result<webauthn::metadata::ExpectedMetadata> expected_metadata(const config::MetadataConfig&, Instant now);

// Verifies what was stored as at the moment of its import: its age takes away none of its warnings.
Result<webauthn::metadata::Metadata> verify_stored_metadata(const config::MetadataConfig&, const store::MetadataBlob&);

class MetadataWatch {
 public:
  static constexpr std::chrono::seconds interval{60};

  // The references must outlive it.
  MetadataWatch(config::MetadataConfig config, store::Store& store, const Clock& clock, const running::Log& log)
      : config_(std::move(config)), store_(store), clock_(clock), log_(log) {}

  // Null where there is none: without configured anchors, or before the first import. Looks for a newer import once a
  // minute. Where that does not verify, or nothing could be read yet, the answer is no verified one: it warns of models
  // and vouches for none. The log says so, and it is tried again.
  std::shared_ptr<const webauthn::metadata::Metadata> current();

  // Prometheus text. Where roots are pinned and anything was imported, tegata_metadata_usable says whether the newest
  // import is the one in use.
  std::string figures();
  // A line for /readyz, by which the server is not ready: what was imported cannot be used.
  std::string fault();
  // Lines for /readyz, which stays 200.
  std::string warnings();

 private:
  Status refresh();
  Error keep_warnings(const store::MetadataBlob& stored, const Error& why);
  std::optional<Error> unusable();
  const config::MetadataConfig config_;
  store::Store& store_;
  const Clock& clock_;
  const running::Log& log_;
  std::mutex mutex_;
  std::optional<std::chrono::milliseconds> looked_at_;
  std::optional<std::int64_t> generation_;  // of what is in use; none before the first look, and while it is unusable
  std::optional<Error> unusable_;           // why
  std::shared_ptr<const webauthn::metadata::Metadata> metadata_ =
      std::make_shared<const webauthn::metadata::Metadata>(webauthn::metadata::warnings_of("", nullptr));
};

}  // namespace tegata::server
