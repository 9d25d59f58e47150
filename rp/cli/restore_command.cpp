#include "rp/cli/restore_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/cli/command/errors.h"
#include "rp/server/compose.h"
#include "rp/server/running/system.h"
#include "rp/store/upkeep/restore.h"

namespace tegata::cli {
namespace {

struct RestoreArguments {
  std::string config, date;
  store::upkeep::RestoreOrder order;
  bool json = false;
};

Result<store::upkeep::Restored> restore(RestoreArguments& arguments) {
  if (!arguments.date.empty()) {
    const auto today = parse_rfc3339(arguments.date + "T00:00:00Z");
    if (!today) return Error(errors::cli_option_invalid, "--date " + arguments.date + ": a date is YYYY-MM-DD");
    arguments.order.today = *today;
  }
  arguments.order.actor = command::operator_name();
  const server::running::SystemClock clock;
  TEGATA_ASSIGN(const auto config, server::config::load_config(arguments.config));
  return store::upkeep::restore(server::store_options(config), clock, arguments.order);
}

void print_replay(const store::upkeep::Replay& replay) {
  if (replay.first > 0) {
    std::cout << "taken in from the exports: records " << replay.first << " to " << replay.last << "\n";
  }
  for (const auto& each : replay.done) {
    std::cout << "  " << each.kind << " " << each.subject << (each.changed ? ": done again" : ": nothing to do")
              << "\n";
  }
  if (!replay.missing.empty()) std::cout << "not in it any more, and to be done again by people:\n";
  for (const auto& each : replay.missing) {
    std::cout << "  " << each.count << " x " << each.kind << ": " << each.what_to_do << "\n";
    for (const auto& subject : each.subjects) std::cout << "    " << subject << "\n";
    const auto left = each.count - static_cast<std::int64_t>(each.subjects.size());
    if (left > 0) std::cout << "    and " << left << " more, in the log\n";
  }
}

void print(const store::upkeep::Restored& done, bool dry_run) {
  const auto& ended = done.ended;
  std::cout << done.from << " has " << done.copy.count << " audit records, the last of "
            << format_rfc3339(done.copy_ends_at) << ", and is whole\n";
  if (done.clock) {
    std::cout << "the clock is repaired: it held " << format_rfc3339(done.clock->from) << " for the present; by that "
              << done.clock->sign_ins << " sign-ins, " << done.clock->tickets << " tickets, " << done.clock->activations
              << " activations, " << done.clock->passes << " passes end\n";
  }
  std::cout << "ended: " << ended.sessions << " sessions, " << ended.sign_ins << " sign-ins, " << ended.codes
            << " codes, " << ended.tickets << " tickets, " << ended.activations << " activations, " << ended.passes
            << " passes, " << ended.downloads << " links to certificates\n";
  print_replay(done.replay);
  std::cout << "not known:\n";
  for (const auto& each : done.unknown) std::cout << "  " << each << "\n";
  if (dry_run) {
    std::cout << "nothing was restored (dry run)\n";
    return;
  }
  std::cout << "restored; record " << done.record << " says so\n";
  if (!done.moved_to.empty()) std::cout << "what lay there before is " << done.moved_to << "\n";
}

int run_restore(RestoreArguments& arguments) {
  const auto done = restore(arguments);
  if (!done) return command::fail(done.error(), arguments.json);
  if (!arguments.json) {
    print(*done, arguments.order.dry_run);
    return 0;
  }
  auto out = store::upkeep::describe(*done);
  out["ok"] = true;
  out["dry_run"] = arguments.order.dry_run;
  std::cout << dump_json(out) << "\n";
  return 0;
}

}  // namespace

void add_restore_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<RestoreArguments>();
  auto* command =
      command::add_command(app, "restore", "take a backup into use, or what was put in the database's place already",
                           arguments->config, &arguments->json);
  auto& order = arguments->order;
  command->add_option("--from", order.from,
                      "the backup (FILE, with FILE.audit-head beside it); absent: what lies there");
  command->add_option("--export", order.exports,
                      "exports of the log made since, in their order: what was revoked since is revoked again");
  command::add_reason(*command, order.reason)->required();
  command->add_option(
      "--date", arguments->date,
      "today's date (YYYY-MM-DD), where the backup is older than a month, or was made under a clock that was ahead");
  command->add_flag("--dry-run", order.dry_run, "say what would end and what would be missing, and leave it");
  command->footer(
      "Example:\n  tegata restore --from /backup/tegata-2026-11-20.db --export /archive/audit-2026-11-30.jsonl "
      "--reason 'disk lost' --config tegata.toml");
  command->callback([=, &exit_code] { exit_code = run_restore(*arguments); });
}

}  // namespace tegata::cli
