// The options of `tegata metadata`, and how its answers are printed.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/cli/command/ended.h"
#include "rp/cli/metadata.h"
#include "rp/server/config/config.h"
#include "rp/server/running/system.h"

namespace tegata::cli {
namespace {

struct MetadataArguments {
  MetadataImport import;
  bool json = false;
};

void print_text(const Json& answer) {
  if (answer.is_null()) {
    std::cout << "no metadata was imported\n";
    return;
  }
  const auto text = [&](const char* name) { return answer[name].get<std::string>(); };
  std::cout << "metadata " << answer["number"] << ": " << answer["entries"] << " entries, next update "
            << text("next_update").substr(0, 10) << (answer["stale"].get<bool>() ? " (has passed)" : "") << "\n";
  for (const Json& entry : answer["skipped"]) {
    std::cout << "left out: entry " << entry["index"] << ": " << entry["reason"].get<std::string>() << "\n";
  }
  if (answer.contains("revocation_checked") && !answer["revocation_checked"].get<bool>()) {
    std::cout << "revocation of the signer was not checked: give its lists with --crl\n";
  }
  command::print_ended(answer);
  if (answer.contains("imported"))
    std::cout << (answer["imported"].get<bool>() ? "imported\n" : "not imported (dry run)\n");
}

int print_metadata(const Result<Json>& answer, bool json) {
  if (!answer) return command::fail_with_clause(answer.error(), json);
  if (json) {
    std::cout << dump_json(*answer) << "\n";
  } else {
    print_text(*answer);
  }
  return 0;
}

int import(MetadataArguments& arguments) {
  const server::running::SystemClock clock;
  arguments.import.actor = command::operator_name();
  return print_metadata(import_metadata(arguments.import, clock), arguments.json);
}

int show(const MetadataArguments& arguments) {
  const server::running::SystemClock clock;
  const auto config = server::config::load_config(arguments.import.config);
  return print_metadata(config ? show_metadata(*config, clock) : Result<Json>(config.error()), arguments.json);
}

}  // namespace

void add_metadata_commands(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<MetadataArguments>();
  auto* metadata = app.add_subcommand("metadata", "what the FIDO Alliance publishes about models of authenticators");
  metadata->require_subcommand(1);
  auto* bring = command::add_command(*metadata, "import", "verify a BLOB and put it into the database",
                                     arguments->import.config, &arguments->json);
  bring->add_option("FILE", arguments->import.file, "the BLOB as it was downloaded")->required();
  bring->add_option("--crl", arguments->import.crls, "revocation list, PEM or DER; may be given several times")
      ->allow_extra_args(false);
  bring->add_flag("--allow-stale", arguments->import.stale_allowed, "also if its next update has passed");
  bring->add_flag("--dry-run", arguments->import.dry_run, "verify only");
  bring->footer("Example:\n  tegata metadata import blob.jwt --config tegata.toml --crl root.crl --crl issuer.crl");
  bring->callback([=, &exit_code] { exit_code = import(*arguments); });
  auto* tell =
      command::add_command(*metadata, "show", "what is in the database", arguments->import.config, &arguments->json);
  tell->footer("Example:\n  tegata metadata show --config tegata.toml --json");
  tell->callback([=, &exit_code] { exit_code = show(*arguments); });
}

}  // namespace tegata::cli
