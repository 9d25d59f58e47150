// The options of `tegata key`, and how its answers are printed.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/cli/key.h"
#include "rp/server/config/config.h"
#include "rp/server/running/system.h"

namespace tegata::cli {
namespace {

struct KeyArguments {
  std::string config, kid;
  Rotation rotation;
  bool json = false;
};

Result<Json> run(const KeyArguments& arguments,
                 const std::function<Result<Json>(const practitioners::Operator&)>& operation) {
  const server::running::SystemClock clock;
  server::running::SystemRandom random;
  TEGATA_ASSIGN(const auto config, server::config::load_config(arguments.config));
  return operation({config, clock, random, command::operator_name()});
}

int print_json(Json answer) {
  answer["ok"] = true;
  std::cout << dump_json(answer) << "\n";
  return 0;
}

int list_states(const KeyArguments& arguments) {
  const auto answer = run(arguments, list_keys);
  if (!answer) return command::fail(answer.error(), arguments.json);
  if (arguments.json) return print_json(*answer);
  for (const Json& key : (*answer)["keys"]) {
    const auto text = [&](const char* name) { return key[name].is_null() ? "-" : key[name].get<std::string>(); };
    std::cout << text("kid") << "  " << text("state") << "\n    in use from " << text("use_from")
              << "; its last pass ends " << text("last_pass_end") << "; " << text("material") << "\n";
  }
  return 0;
}

int rotate(KeyArguments& arguments) {
  if (!arguments.kid.empty()) arguments.rotation.kid = arguments.kid;
  const auto answer =
      run(arguments, [&](const practitioners::Operator& by) { return rotate_key(by, arguments.rotation); });
  if (!answer) return command::fail(answer.error(), arguments.json);
  if (arguments.json) return print_json(*answer);
  for (const Json& kid : (*answer)["withdrawn"]) std::cout << "withdrawn: " << kid.get<std::string>() << "\n";
  if (arguments.rotation.emergency) std::cout << (*answer)["passes_ended"] << " live passes end with that\n";
  const auto use_from = (*answer)["use_from"].get<std::string>();
  if (arguments.rotation.dry_run) {
    std::cout << "a new key would sign from " << use_from << " on; nothing was changed (dry run)\n";
  } else {
    std::cout << "published: " << (*answer)["kid"].get<std::string>() << ", signs from " << use_from << " on\n";
  }
  return 0;
}

}  // namespace

void add_key_commands(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<KeyArguments>();
  auto* key = app.add_subcommand("key", "the keys that sign passes");
  key->require_subcommand(1);
  auto* show =
      command::add_command(*key, "list", "all keys, and where each stands", arguments->config, &arguments->json);
  show->footer("Example:\n  tegata key list --config tegata.toml --json");
  show->callback([=, &exit_code] { exit_code = list_states(*arguments); });
  auto* turn =
      command::add_command(*key, "rotate", "publish a new key, to sign after the time that verifiers need to see it",
                           arguments->config, &arguments->json);
  auto* emergency =
      turn->add_flag("--emergency", arguments->rotation.emergency,
                     "withdraw every key there is, with the passes that they signed; the new one signs at once");
  turn->add_option("--kid", arguments->kid, "with --emergency: withdraw this key alone")->needs(emergency);
  emergency->needs(command::add_reason(*turn, arguments->rotation.reason, "; an emergency needs one"));
  turn->add_flag("--dry-run", arguments->rotation.dry_run, "say what would happen, and change nothing");
  turn->footer(
      "Examples:\n  tegata key rotate --config tegata.toml\n"
      "  tegata key rotate --emergency --reason 'copied backup' --config tegata.toml");
  turn->callback([=, &exit_code] { exit_code = rotate(*arguments); });
}

}  // namespace tegata::cli
