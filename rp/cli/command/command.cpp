#include "rp/cli/command/command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "rp/base/json.h"
#include "rp/base/shown_text.h"

namespace tegata::cli::command {
namespace {

int print_refusal(const Error& error, const Json& refusal, bool json) {
  if (json) {
    std::cout << dump_json(refusal) << "\n";
  } else {
    std::cerr << "tegata: " << error.code().name() << ": " << error.detail() << "\n";
  }
  return 1;
}

Json refusal_of(const Error& error) {
  return {{"ok", false}, {"code", error.code().name()}, {"detail", error.detail()}};
}

}  // namespace

int fail(const Error& error, bool json) { return print_refusal(error, refusal_of(error), json); }

int fail(const std::vector<Error>& all, bool json) {
  if (!json) {
    for (const auto& error : all) fail(error, false);
    return 1;
  }
  auto refusal = refusal_of(all.front());
  for (const auto& error : all)
    refusal["problems"].push_back({{"code", error.code().name()}, {"detail", error.detail()}});
  std::cout << dump_json(refusal) << "\n";
  return 1;
}

int fail_with_clause(const Error& error, bool json) {
  auto refusal = refusal_of(error);
  refusal["clause"] = error.clause();
  return print_refusal(error, refusal, json);
}

std::string operator_name() { return "operator:uid-" + std::to_string(::getuid()); }

CLI::App* add_command(CLI::App& parent, const char* name, const char* what, std::string& config, bool* json) {
  auto* command = parent.add_subcommand(name, what);
  command->add_option("--config", config, "configuration file (TOML)")->required();
  if (json) command->add_flag("--json", *json, "answer in JSON");
  return command;
}

CLI::Option* add_shown(CLI::App& command, const char* option, std::string& text, const std::string& what) {
  return command.add_option(option, text, what)->check([](const std::string& given) {
    return fault_of_shown_text(given).value_or("");
  });
}

CLI::Option* add_reason(CLI::App& command, std::string& reason, const std::string& more) {
  return add_shown(command, "--reason", reason, "for the audit log" + more);
}

}  // namespace tegata::cli::command
