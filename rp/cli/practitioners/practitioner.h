// `tegata practitioner import | list | show | suspend | resume | link-mynumber | unlink-mynumber`: the directory, by
// its operators.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rp/base/json.h"
#include "rp/base/world.h"
#include "rp/cli/command/progress.h"
#include "rp/cli/practitioners/file.h"
#include "rp/store/standing.h"

namespace CLI {
class App;
}

namespace tegata::server::config {
struct Config;
}  // namespace tegata::server::config

namespace tegata::cli::practitioners {

void add_practitioner_commands(CLI::App& app, int& exit_code, bool sandbox);

// What each command works with. `actor` is for the audit log.
struct Operator {
  const server::config::Config& config;
  const Clock& clock;
  Random& random;
  std::string actor = "operator:unknown";
  bool dry_run = false;  // of suspend, resume, link-mynumber and unlink-mynumber: the answer, no change
};

// The database that the operator's configuration names.
Result<std::unique_ptr<store::Store>> open_store(const Operator&);

struct ImportReport {
  std::size_t people = 0, cards = 0, added = 0, changed = 0, unchanged = 0;
  std::vector<RowProblem> problems;  // with any, nothing was changed
  bool imported = false;             // false for a dry run too
  store::EndedRequests ended;        // what rested on a role, or on a second certificate, that is gone
};
// One transaction, in which a record stands for everybody added or changed, and in which passes and approved requests
// end whose person has the role or the second certificate no longer. A dry run is that transaction, undone. Errors:
// csv_malformed, file_unreadable, store_*.
Result<ImportReport> import_practitioners(const Operator&, const std::string& file, bool dry_run, command::Progress&);
Json describe(const ImportReport&);

// {"practitioners": [...]}, each as describe_person of practitioner.cpp; `mynumber_ending`: only those whose My Number
// link ends within [mynumber] reminder_days.
Result<Json> list_practitioners(const Operator&, bool mynumber_ending);
// With cards, phones and My Number link. Error: practitioner_unknown.
Result<Json> show_practitioner(const Operator&, const std::string& id);
// Ends open requests, passes and sessions in the same transaction. Errors: practitioner_unknown,
// practitioner_state_unchanged.
Result<Json> suspend_practitioner(const Operator&, const std::string& id, const std::string& reason);
Result<Json> resume_practitioner(const Operator&, const std::string& id, const std::string& reason);

// A certificate, or what is kept of one.
struct MyNumberCertificateSource {
  std::string file;  // PEM or DER
  std::string fingerprint, not_before, not_after;
};
// Errors: cli_option_invalid, mynumber_*, practitioner_unknown, practitioner_suspended, mynumber_linked_elsewhere.
Result<Json> link_mynumber(const Operator&, const std::string& id, const MyNumberCertificateSource&);
// Ends in the same transaction what came by the link. Errors: practitioner_unknown, mynumber_no_link.
Result<Json> unlink_mynumber(const Operator&, const std::string& id, const std::string& reason);

}  // namespace tegata::cli::practitioners
