#include "rp/cli/init_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/base/json.h"
#include "rp/cli/command/command.h"
#include "rp/server/beginning.h"
#include "rp/server/next_step.h"
#include "rp/server/running/system.h"

namespace tegata::cli {
namespace {

struct InitArguments {
  std::string config;
  bool dry_run = false, json = false;
};

Result<server::Beginning> begin(const InitArguments& arguments) {
  TEGATA_ASSIGN(const auto config, server::config::load_config(arguments.config));
  if (arguments.dry_run) return server::preview_beginning(config);
  const server::running::SystemClock clock;
  server::running::SystemRandom random;
  return server::begin_database(config, clock, random, command::operator_name());
}

void print(const server::Beginning& done, const InitArguments& arguments) {
  for (const auto& path : done.made) std::cout << path << (arguments.dry_run ? " would be made\n" : " was made\n");
  for (const auto& path : done.used) std::cout << path << (arguments.dry_run ? " would be used\n" : " is used\n");
  if (!arguments.dry_run) std::cout << "next: tegata check --config " << arguments.config << "\n";
}

int run(const InitArguments& arguments) {
  const auto done = begin(arguments);
  if (!done) return command::fail(server::with_next_step(done.error(), arguments.config), arguments.json);
  if (arguments.json) {
    std::cout << dump_json({{"ok", true}, {"dry_run", arguments.dry_run}, {"made", done->made}, {"used", done->used}})
              << "\n";
  } else {
    print(*done, arguments);
  }
  return 0;
}

}  // namespace

void add_init_command(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<InitArguments>();
  auto* command =
      command::add_command(app, "init", "begin an installation: make its database and the keys that belong to it",
                           arguments->config, &arguments->json);
  command->add_flag("--dry-run", arguments->dry_run, "say what would be made, and make nothing");
  command->footer("Example:\n  tegata init --config /etc/tegata/tegata.toml");
  command->callback([=, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace tegata::cli
