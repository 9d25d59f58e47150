// The options of `tegata ticket`, and how its answers are printed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/cli/command/print.h"
#include "rp/cli/tickets/issue.h"
#include "rp/cli/tickets/ticket.h"
#include "rp/server/running/system.h"

namespace tegata::cli::tickets {
namespace {

struct TicketArguments {
  std::string config;
  TicketIssue issue;
  store::TicketFilter filter;
  TicketAction action;
  bool json = false, progress = false;
};

void print_object(const Json& object) {
  for (const auto& [name, value] : object.items()) {
    if (name != "ok" && name != "rows") std::cout << name << ": " << command::word(value) << "\n";
  }
  for (const auto& row : object.value("rows", Json::array())) {
    std::cout << "line " << row["line"] << ": " << command::word(row["code"]) << " " << command::word(row["detail"])
              << "\n";
  }
}

int print_tickets(const Result<Json>& answer, bool json) {
  if (!answer) return command::fail(answer.error(), json);
  if (json) {
    std::cout << dump_json(*answer) << "\n";
  } else if (answer->is_array()) {
    for (const auto& row : *answer) {
      std::cout << command::word(row["ticket"]) << "  " << command::word(row["practitioner_id"]) << "  "
                << command::word(row["origin"]) << "  " << command::word(row["state"]) << "  until "
                << command::word(row["expires_at"]).substr(0, 10) << "\n";
    }
  } else {
    print_object(*answer);
  }
  return answer->is_object() && !answer->value("ok", true) ? 1 : 0;
}

// Which command lines make sense: one person, or a table with its batch and file.
std::string misuse(const TicketIssue& issue) {
  if (issue.practitioner_id.empty() == issue.table.empty()) return "either --practitioner or --csv";
  if (!issue.table.empty() && (issue.batch.empty() || issue.tickets_file.empty()))
    return "--csv needs --batch and --out";
  return {};
}

int issue(TicketArguments& arguments) {
  if (const auto wrong = misuse(arguments.issue); !wrong.empty()) {
    std::cerr << "tegata: ticket issue: " << wrong << "\n";
    return 2;
  }
  const server::running::SystemClock clock;
  server::running::SystemRandom random;
  arguments.issue.actor = command::operator_name();
  const auto config = server::config::load_config(arguments.config);
  if (!config) return command::fail(config.error(), arguments.json);
  if (arguments.issue.table.empty())
    return print_tickets(issue_one(*config, arguments.issue, clock, random), arguments.json);
  command::Progress progress(arguments.progress || command::on_terminal());
  return print_tickets(issue_table(*config, arguments.issue, clock, random, progress), arguments.json);
}

int list(const TicketArguments& arguments) {
  const server::running::SystemClock clock;
  const auto config = server::config::load_config(arguments.config);
  if (!config) return command::fail(config.error(), arguments.json);
  return print_tickets(list_tickets(*config, arguments.filter, clock), arguments.json);
}

// As a table for `ticket issue --csv`.
int print_orders(const Result<Json>& orders, bool json) {
  if (!orders) return command::fail(orders.error(), json);
  if (json) {
    std::cout << dump_json(*orders) << "\n";
    return 0;
  }
  std::cout << "practitioner_id\n";
  for (const auto& order : *orders) std::cout << command::word(order["practitioner_id"]) << "\n";
  return 0;
}

int list_orders(const TicketArguments& arguments) {
  const server::running::SystemClock clock;
  const auto config = server::config::load_config(arguments.config);
  if (!config) return command::fail(config.error(), arguments.json);
  return print_orders(list_letter_orders(*config, clock), arguments.json);
}

int act(TicketArguments& arguments, TicketAct what) {
  const server::running::SystemClock clock;
  arguments.action.act = what;
  arguments.action.actor = command::operator_name();
  const auto config = server::config::load_config(arguments.config);
  if (!config) return command::fail(config.error(), arguments.json);
  return print_tickets(act_on_ticket(*config, arguments.action, clock), arguments.json);
}

// Letters need fonts and drawing: a program of its own beside this one, so that the server carries none of it.
int letter(const std::vector<std::string>& options) {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "tegata-letter";
  std::vector<std::string> words = options;
  std::vector<char*> argv{const_cast<char*>("tegata ticket letter")};
  for (auto& each : words) argv.push_back(each.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  std::cerr << "tegata: " << program.string() << " cannot be run; it is built and installed beside tegata\n";
  return 1;
}

void add_issue(CLI::App& ticket, const std::shared_ptr<TicketArguments>& arguments, int& exit_code) {
  auto* command = command::add_command(ticket, "issue", "issue tickets that go by letter or portal", arguments->config,
                                       &arguments->json);
  auto& order = arguments->issue;
  command->add_option("--practitioner", order.practitioner_id, "one ticket, for this person");
  command->add_option("--csv", order.table, "a table with the column practitioner_id, and origin where it differs");
  command->add_option("--origin", order.origin, "mailed or portal")->capture_default_str();
  command->add_option("--batch", order.batch, "name of the batch: a line of it is issued once, ever");
  command->add_option("--out", order.tickets_file, "where URLs and passwords are kept until the letters are printed");
  command->add_flag("--dry-run", order.dry_run, "check every row and issue nothing");
  command->add_flag("--progress", arguments->progress, "show progress although this is no terminal");
  command->footer(
      "Examples:\n  tegata ticket issue --config tegata.toml --practitioner AB12345689 --origin mailed\n"
      "  tegata ticket issue --config tegata.toml --csv people.csv --batch 2026-11 --out 2026-11.tickets\n"
      "The same command again goes on where it was ended.");
  command->callback([=, &exit_code] { exit_code = issue(*arguments); });
}

}  // namespace

void add_ticket_commands(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<TicketArguments>();
  arguments->issue.origin = enroll::origin_mailed;
  auto* ticket = app.add_subcommand("ticket", "the right to bind one phone to one person");
  ticket->require_subcommand(1);
  add_issue(*ticket, arguments, exit_code);

  auto* all = command::add_command(*ticket, "list", "tickets, newest first", arguments->config, &arguments->json);
  all->add_option("--practitioner", arguments->filter.practitioner_id, "of this person");
  all->add_option("--batch", arguments->filter.batch, "of this batch");
  all->add_flag("--live", arguments->filter.live_only, "only those that can still be used");
  all->footer("Example:\n  tegata ticket list --config tegata.toml --practitioner AB12345689 --json");
  all->callback([=, &exit_code] { exit_code = list(*arguments); });

  auto* orders = command::add_command(*ticket, "orders", "letters that people asked for by registration number",
                                      arguments->config, &arguments->json);
  orders->footer(
      "Example:\n  tegata ticket orders --config tegata.toml > orders.csv\n"
      "  tegata ticket issue --config tegata.toml --csv orders.csv --batch 2026-11-20 --out 2026-11-20.tickets");
  orders->callback([=, &exit_code] { exit_code = list_orders(*arguments); });

  for (const auto what : {TicketAct::revoke, TicketAct::unlock}) {
    const bool revoke = what == TicketAct::revoke;
    auto* command = command::add_command(*ticket, revoke ? "revoke" : "unlock",
                                         revoke ? "end a ticket; its QR says nothing more" : "give a ticket new tries",
                                         arguments->config, &arguments->json);
    command->add_option("TICKET", arguments->action.id, "its id, as list shows it")->required();
    command->add_flag("--dry-run", arguments->action.dry_run, "say what would happen, and change nothing");
    command->footer(std::string("Example:\n  tegata ticket ") + (revoke ? "revoke" : "unlock") +
                    " 5f0c19a2... --config tegata.toml");
    command->callback([=, &exit_code] { exit_code = act(*arguments, what); });
  }

  auto* print_letters = ticket->add_subcommand("letter", "print the letters of a tickets file, as PDF and HTML");
  print_letters->prefix_command();
  print_letters->set_help_flag();
  print_letters->callback([=, &exit_code] { exit_code = letter(print_letters->remaining()); });
}

}  // namespace tegata::cli::tickets
