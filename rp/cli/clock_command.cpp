#include "rp/cli/clock_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/cli/command/errors.h"
#include "rp/server/compose.h"
#include "rp/server/running/system.h"
#include "rp/store/upkeep/clock_repair.h"

namespace tegata::cli {
namespace {

struct ClockArguments {
  std::string config, date;
  store::upkeep::ClockRepair repair;
  bool json = false;
};

Result<store::upkeep::RepairedClock> repair(ClockArguments& arguments) {
  if (!arguments.date.empty()) {
    const auto today = parse_rfc3339(arguments.date + "T00:00:00Z");
    if (!today) return Error(errors::cli_option_invalid, "--date " + arguments.date + ": a date is YYYY-MM-DD");
    arguments.repair.today = *today;
  }
  arguments.repair.actor = command::operator_name();
  const server::running::SystemClock clock;
  TEGATA_ASSIGN(const auto config, server::config::load_config(arguments.config));
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  return store::upkeep::repair_clock(*store, clock, arguments.repair);
}

void print(const store::upkeep::RepairedClock& done, bool dry_run) {
  std::cout << "the database held " << format_rfc3339(done.from) << " for the present, and goes on from "
            << format_rfc3339(done.to) << "\n";
  std::cout << "ended by it: " << done.passes << " passes, " << done.tickets << " tickets, " << done.activations
            << " activations, " << done.sign_ins << " log-ins\n";
  if (done.records > 0) std::cout << done.records << " records of the log lie in the future, and stay as they are\n";
  if (done.passes_of_the_future > 0) {
    std::cout << done.passes_of_the_future << " passes were signed with times of the future: whoever reads passes "
              << "without asking for their status believes them until `tegata key rotate --emergency`\n";
  }
  if (dry_run) std::cout << "nothing was repaired (dry run)\n";
}

int run_repair(ClockArguments& arguments) {
  const auto done = repair(arguments);
  if (!done) return command::fail(done.error(), arguments.json);
  if (!arguments.json) {
    print(*done, arguments.repair.dry_run);
    return 0;
  }
  auto out = store::upkeep::describe(*done);
  out["ok"] = true;
  out["dry_run"] = arguments.repair.dry_run;
  std::cout << dump_json(out) << "\n";
  return 0;
}

}  // namespace

void add_clock_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ClockArguments>();
  auto* clock = app.add_subcommand("clock", "the clock, and what the database holds for the present");
  clock->require_subcommand(1);
  auto* command = command::add_command(*clock, "repair", "go on from the clock as it stands now: set it right first",
                                       arguments->config, &arguments->json);
  command::add_reason(*command, arguments->repair.reason)->required();
  command->add_option("--date", arguments->date, "today's date (YYYY-MM-DD), as another clock shows it");
  command->add_flag("--dry-run", arguments->repair.dry_run, "say what would end, and leave it");
  command->footer(
      "Example:\n  tegata clock repair --date 2026-11-30 --reason 'the RTC was in 2032 at boot' --config tegata.toml");
  command->callback([=, &exit_code] { exit_code = run_repair(*arguments); });
}

}  // namespace tegata::cli
