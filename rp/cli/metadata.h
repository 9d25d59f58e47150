// `tegata metadata import` and `tegata metadata show`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rp/base/json.h"
#include "rp/base/world.h"

namespace CLI {
class App;
}

namespace tegata::server::config {
struct Config;
}  // namespace tegata::server::config

namespace tegata::cli {

void add_metadata_commands(CLI::App& app, int& exit_code);

struct MetadataImport {
  std::string config;
  std::string file;               // the BLOB as it was downloaded
  std::vector<std::string> crls;  // PEM or DER
  bool stale_allowed = false;
  bool dry_run = false;
  std::string actor = "operator:unknown";  // for the audit log
};

// Verifies the BLOB and stores it with its audit record, in one transaction in which passes and approved requests end
// that rest on a phone of a model that it warns of. The answer has ended, number, entries, skipped
// (each with index and reason), next_update, stale, revocation_checked, imported.
// Errors: config_invalid, file_*, webauthn_metadata_*, webauthn_pem_malformed, webauthn_anchor_malformed, store_*.
Result<Json> import_metadata(const MetadataImport&, const Clock&);

// What is stored, verified again: as above, with imported_at. Null where nothing is. Never makes a database.
Result<Json> show_metadata(const server::config::Config&, const Clock&);

}  // namespace tegata::cli
