#include "rp/cli/acknowledge_command.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>

#include "rp/base/errors.h"
#include "rp/cli/command/command.h"
#include "rp/cli/command/errors.h"
#include "rp/server/compose.h"
#include "rp/server/running/system.h"
#include "rp/store/audit/export.h"
#include "rp/store/engine/errors.h"
#include "rp/store/upkeep/acknowledgement.h"

namespace tegata::cli {
namespace {

struct AcknowledgeArguments {
  std::string config, file, hash;
  std::int64_t number = 0;
  bool json = false;
};

Result<Digest> parse_hash(const std::string& text) {
  TEGATA_ASSIGN(const auto octets, parse_hex(text));
  const auto digest = to_digest(octets);
  if (!digest) return Error(errors::hex_malformed, "a hash has 64 hexadecimal digits");
  return *digest;
}

// One line more: it must be the next record, whole, and chained to the one before.
Status add_line(store::upkeep::AcknowledgedExport& out, const std::string& line) {
  TEGATA_ASSIGN(const auto record, store::audit::parse_export_line(line));
  if (out.first && (record.number != out.number + 1 || record.previous != out.hash)) {
    return Error(errors::store_export_unknown, "behind record " + std::to_string(out.number) + " stands another than " +
                                                   std::to_string(out.number + 1));
  }
  out = {record.number, record.hash, out.first.value_or(record.number)};
  return {};
}

Result<store::upkeep::AcknowledgedExport> read_export(const std::string& path) {
  std::ifstream file(path);
  store::upkeep::AcknowledgedExport out;
  for (std::string line; std::getline(file, line);) TEGATA_TRY(add_line(out, line));
  if (!out.first) return Error(errors::cli_option_invalid, path + ": no record in it");
  return out;
}

Result<store::upkeep::AcknowledgedExport> wanted_by(const AcknowledgeArguments& arguments) {
  if (!arguments.file.empty()) return read_export(arguments.file);
  if (arguments.number == 0 || arguments.hash.empty()) {
    return Error(errors::cli_option_invalid, "either --file, or --number and --hash");
  }
  TEGATA_ASSIGN(const auto hash, parse_hash(arguments.hash));
  return store::upkeep::AcknowledgedExport{arguments.number, hash};
}

Result<bool> acknowledge(const AcknowledgeArguments& arguments, const store::upkeep::AcknowledgedExport& wanted) {
  const server::running::SystemClock clock;
  TEGATA_ASSIGN(const auto config, server::config::load_config(arguments.config));
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  return store->write<bool>(
      [&](store::Transaction& transaction) {
        return store::upkeep::acknowledge_export(transaction, wanted, command::operator_name());
      },
      store::Purpose::upkeep);
}

int run_acknowledge(const AcknowledgeArguments& arguments) {
  const auto wanted = wanted_by(arguments);
  if (!wanted) return command::fail(wanted.error(), arguments.json);
  const auto changed = acknowledge(arguments, *wanted);
  if (!changed) return command::fail(changed.error(), arguments.json);
  if (arguments.json) {
    std::cout << dump_json({{"ok", true}, {"through", wanted->number}, {"changed", *changed}}) << "\n";
  } else {
    std::cout << (*changed ? "acknowledged" : "acknowledged before") << ": an export holds the records through "
              << wanted->number << ", and a purge may remove them when their time is over\n";
  }
  return 0;
}

}  // namespace

void add_acknowledge_command(CLI::App& audit, int& exit_code) {
  const auto arguments = std::make_shared<AcknowledgeArguments>();
  auto* command = command::add_command(audit, "acknowledge",
                                       "an export of the log lies elsewhere: a purge may remove what it holds",
                                       arguments->config, &arguments->json);
  command->add_option("--file", arguments->file, "the exported file, as it was kept");
  command->add_option("--number", arguments->number, "instead of a file: number of the last exported record");
  command->add_option("--hash", arguments->hash, "and its hash");
  command->footer("Example:\n  tegata audit acknowledge --file /archive/audit-2026-11-30.jsonl --config tegata.toml");
  command->callback([=, &exit_code] { exit_code = run_acknowledge(*arguments); });
}

}  // namespace tegata::cli
