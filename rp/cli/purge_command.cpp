#include "rp/cli/purge_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/server/compose.h"
#include "rp/server/running/system.h"
#include "rp/store/upkeep/purge.h"

namespace tegata::cli {
namespace {

struct PurgeArguments {
  std::string config;
  bool json = false, dry_run = false;
};

Result<store::upkeep::PurgeRound> run(const PurgeArguments& arguments) {
  TEGATA_ASSIGN(const auto config, server::config::load_config(arguments.config));
  const server::running::SystemClock clock;
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  if (!arguments.dry_run) {
    return store::upkeep::purge(*store, server::store_options(config), config.retention, command::operator_name());
  }
  return store->read<store::upkeep::PurgeRound>([&](store::Reader& reader) -> Result<store::upkeep::PurgeRound> {
    TEGATA_ASSIGN(const auto now, store::moment(reader, clock));
    TEGATA_ASSIGN(const auto horizon, store::upkeep::next_horizon(reader, now));
    TEGATA_ASSIGN(auto round, store::upkeep::count_purgeable(reader, config.retention, horizon));
    round.behind = horizon < now;
    return round;
  });
}

void print(const store::upkeep::PurgeRound& round) {
  const auto counts = store::upkeep::describe(round.removed);
  for (const auto& [name, count] : counts.items()) std::cout << name << ": " << count << "\n";
  if (round.unacknowledged > 0) {
    std::cout << round.unacknowledged
              << " records of the log are old enough and stay: no acknowledged export holds them "
              << "(tegata audit export, then tegata audit acknowledge)\n";
  }
  if (round.behind) {
    std::cout << "this round went as far as " << format_rfc3339(round.horizon)
              << ": a round goes two days further than the one before, later ones remove the rest\n";
  }
}

int purge(const PurgeArguments& arguments) {
  const auto purged = run(arguments);
  if (!purged) return command::fail(purged.error(), arguments.json);
  if (arguments.json) {
    std::cout << dump_json({{"ok", true},
                            {"dry_run", arguments.dry_run},
                            {"purged", store::upkeep::describe(purged->removed)},
                            {"horizon", format_rfc3339(purged->horizon)},
                            {"behind", purged->behind},
                            {"unacknowledged_records", purged->unacknowledged}})
              << "\n";
    return 0;
  }
  print(*purged);
  if (arguments.dry_run) std::cout << "nothing was removed (dry run)\n";
  return 0;
}

}  // namespace

void add_purge_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<PurgeArguments>();
  auto* command = command::add_command(app, "purge", "remove what has been over for longer than [retention] says",
                                       arguments->config, &arguments->json);
  command->add_flag("--dry-run", arguments->dry_run, "count only");
  command->footer("Example:\n  tegata purge --config tegata.toml --dry-run --json");
  command->callback([=, &exit_code] { exit_code = purge(*arguments); });
}

}  // namespace tegata::cli
