#include "rp/cli/commands.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <new>
#include <system_error>

#include "rp/cli/acknowledge_command.h"
#include "rp/cli/audit_command.h"
#include "rp/cli/clock_command.h"
#include "rp/cli/command/command.h"
#include "rp/cli/facilities/facility.h"
#include "rp/cli/guess_key_command.h"
#include "rp/cli/init_command.h"
#include "rp/cli/key.h"
#include "rp/cli/metadata.h"
#include "rp/cli/practitioners/phones_command.h"
#include "rp/cli/practitioners/practitioner.h"
#include "rp/cli/purge_command.h"
#include "rp/cli/restore_command.h"
#include "rp/cli/tickets/ticket.h"
#include "rp/cli/verify/verify.h"
#include "rp/server/compose.h"
#include "rp/server/config/errors.h"
#include "rp/server/examine.h"
#include "rp/server/haproxy_config.h"
#include "rp/server/next_step.h"
#include "rp/server/running/last_words.h"
#include "rp/server/running/system.h"

namespace tegata::cli {
namespace {

int print_haproxy_config(const std::string& file) {
  const auto config = server::config::load_config(file);
  if (!config) return command::fail(config.error(), false);
  const auto text = server::haproxy_config(*config);
  if (!text) return command::fail(text.error(), false);
  std::cout << *text;
  return 0;
}

// Each with its next step.
int refuse_start(std::vector<Error> problems, const std::string& file, bool json, const std::string& database = "") {
  for (auto& problem : problems) problem = server::with_next_step(problem, file, database);
  return command::fail(problems, json);
}

int check(const std::string& file, const Clock& clock, bool json, bool sandbox) {
  auto config = server::config::load_config(file);
  if (!config) return refuse_start({config.error()}, file, json);
  config->sandbox = sandbox;
  const auto found = server::examine(*config, clock, store::engine::Depth::whole);
  if (!found.problems.empty()) return refuse_start(found.problems, file, json, config->database);
  if (json) {
    std::cout << dump_json({{"ok", true}, {"metadata_stale", found.metadata_stale}, {"notes", found.notes}}) << "\n";
    return 0;
  }
  for (const auto& note : found.notes) std::cout << file << ": " << note << "\n";
  std::cout << file << ": good\n";
  return 0;
}

struct ServerArguments {
  std::string config;
  bool json = false;
};

}  // namespace

namespace {

void reload(server::Server& running, const std::string& config_file, const server::running::Log& log) {
  const auto config = server::config::load_config(config_file);
  const auto done = config ? running.reload(*config) : Status(config.error());
  if (!done) return log.error("reload_refused", done.error());
  log.info("reloaded", {{"authorities", config->authorities.size()}});
}

}  // namespace

namespace {

int serve_until_stopped(const std::string& config_file, const Clock& clock, bool sandbox) {
  server::block_stop_signals();
  server::block_reload_signal();
  server::running::SystemRandom random;
  const server::running::Log log(clock);
  auto config = server::config::load_config(config_file);
  if (!config) return refuse_start({config.error()}, config_file, false);
  config->sandbox = sandbox;
  const auto found = server::examine(*config, clock, store::engine::Depth::pages);
  if (!found.problems.empty()) return refuse_start(found.problems, config_file, false, config->database);
  auto running = server::Server::start(*config, clock, random, log);
  if (!running) return refuse_start({running.error()}, config_file, false, config->database);
  log.info("started", {{"public_origin", config->public_origin}, {"sockets", config->sockets}});
  while (server::wait_for_reload_signal()) reload(**running, config_file, log);
  log.info("stopping");
  running->reset();
  log.info("stopped");
  return 0;
}

}  // namespace

int serve(const std::string& config_file, const Clock& clock, bool sandbox) {
  server::running::say_last_words();
  try {
    return serve_until_stopped(config_file, clock, sandbox);
  } catch (const std::bad_alloc&) {
    return command::fail(Error(errors::server_without_memory,
                               config_file + ": the system gives too little memory: allow more (MemoryMax, ulimit -v)"),
                         false);
  } catch (const std::system_error& error) {
    return command::fail(
        Error(errors::server_without_threads, config_file + ": the system refuses a thread: " + error.code().message() +
                                                  ": allow more threads (TasksMax) or memory (MemoryMax)"),
        false);
  }
}

void add_commands(CLI::App& app, int& exit_code, bool sandbox, std::shared_ptr<const Clock> clock) {
  if (!clock) clock = std::make_shared<const server::running::SystemClock>();
  const auto arguments = std::make_shared<ServerArguments>();
  auto* serve_command = command::add_command(app, "serve", "run the server", arguments->config, nullptr);
  serve_command->footer("Example:\n  tegata serve --config /etc/tegata/tegata.toml");
  serve_command->callback([=, &exit_code] { exit_code = serve(arguments->config, *clock, sandbox); });

  add_init_command(app, exit_code);
  auto* haproxy = command::add_command(app, "haproxy-config", "print the HAProxy configuration that belongs to it",
                                       arguments->config, nullptr);
  haproxy->footer("Example:\n  tegata haproxy-config --config tegata.toml > /etc/haproxy/haproxy.cfg");
  haproxy->callback([=, &exit_code] { exit_code = print_haproxy_config(arguments->config); });

  auto* audit = app.add_subcommand("audit", "the audit log");
  audit->require_subcommand(1);
  auto* check_command = command::add_command(app, "check", "say what `serve` would say, and start nothing",
                                             arguments->config, &arguments->json);
  check_command->footer("Example:\n  tegata check --config tegata.toml");
  check_command->callback([=, &exit_code] { exit_code = check(arguments->config, *clock, arguments->json, sandbox); });

  add_audit_commands(*audit, exit_code);
  add_acknowledge_command(*audit, exit_code);
  add_clock_command(app, exit_code);
  practitioners::add_phone_commands(app, *audit, exit_code);
  facilities::add_facility_commands(app, exit_code);
  add_key_commands(app, exit_code);
  add_metadata_commands(app, exit_code);
  practitioners::add_practitioner_commands(app, exit_code, sandbox);
  add_purge_command(app, exit_code);
  add_restore_command(app, exit_code);
  tickets::add_ticket_commands(app, exit_code);
  add_guess_key_commands(app, exit_code);
  verify::add_verify_commands(app, exit_code, std::cin, std::cout);
}

int run(int argc, char** argv) {
  CLI::App app("Tegata: binds a practitioner's phone, and turns it into the day's pass", "tegata");
  app.require_subcommand(1);
  int exit_code = 0;
  add_commands(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}

}  // namespace tegata::cli
