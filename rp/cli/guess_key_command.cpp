#include "rp/cli/guess_key_command.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/server/compose.h"
#include "rp/server/keys/guess_key.h"
#include "rp/server/running/system.h"

namespace tegata::cli {
namespace {

struct GuessKeyArguments {
  std::string config;
  bool json = false;
};

Result<Json> renew(const GuessKeyArguments& arguments) {
  const server::running::SystemClock clock;
  server::running::SystemRandom random;
  TEGATA_ASSIGN(const auto config, server::config::load_config(arguments.config));
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  const auto& path = config.tickets.guess_key;
  TEGATA_ASSIGN(const auto done, server::keys::renew_guess_key(path, *store, random, command::operator_name()));
  return Json{{"ok", true}, {"file", path}, {"made", done.made}, {"numbers_forgotten", done.numbers_forgotten}};
}

int run(const GuessKeyArguments& arguments) {
  const auto done = renew(arguments);
  if (!done) return command::fail(done.error(), arguments.json);
  if (arguments.json) {
    std::cout << dump_json(*done) << "\n";
  } else {
    std::cout << (*done)["file"].get<std::string>() << (done->at("made").get<bool>() ? " was made" : " is in use")
              << "; " << (*done)["numbers_forgotten"]
              << " registration numbers were forgotten: import them again, and restart the server\n";
  }
  return 0;
}

}  // namespace

void add_guess_key_commands(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<GuessKeyArguments>();
  auto* key = app.add_subcommand("guess-key", "the key by which guesses and registration numbers are kept");
  key->require_subcommand(1);
  auto* command = command::add_command(*key, "renew", "give a lost key up: what was kept under it is forgotten",
                                       arguments->config, &arguments->json);
  command->footer("Example:\n  tegata guess-key renew --config tegata.toml");
  command->callback([=, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace tegata::cli
