// The options of `tegata practitioner`, and how its answers are printed.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/cli/command/ended.h"
#include "rp/cli/command/print.h"
#include "rp/cli/practitioners/practitioner.h"
#include "rp/server/config/config.h"
#include "rp/server/running/system.h"

namespace tegata::cli::practitioners {
namespace {

struct PractitionerArguments {
  std::string config, file, id, reason;
  MyNumberCertificateSource certificate;
  bool json = false, dry_run = false, progress = false, mynumber_ending = false, sandbox = false;
};

using PractitionerOperation = std::function<Result<Json>(const Operator&)>;
using Print = void (*)(const Json&);

int run(const PractitionerArguments& arguments, const PractitionerOperation& command, Print print) {
  const server::running::SystemClock clock;
  server::running::SystemRandom random;
  auto config = server::config::load_config(arguments.config);
  if (!config) return command::fail_with_clause(config.error(), arguments.json);
  config->sandbox = arguments.sandbox;
  const auto answer = command({*config, clock, random, command::operator_name(), arguments.dry_run});
  if (!answer) return command::fail_with_clause(answer.error(), arguments.json);
  if (arguments.json) {
    std::cout << dump_json(*answer) << "\n";
  } else {
    print(*answer);
  }
  return answer->value("ok", false) ? 0 : 1;
}

void print_import(const Json& report) {
  for (const auto& problem : report["problems"]) {
    std::cout << "row " << problem["row"] << ", " << problem["column"].get<std::string>() << ": "
              << problem["problem"].get<std::string>() << "\n";
  }
  std::cout << report["people"] << " people with " << report["cards"] << " cards: " << report["added"] << " new, "
            << report["changed"] << " changed, " << report["unchanged"] << " as they were; ";
  if (!report["ok"].get<bool>()) {
    std::cout << "nothing was imported, " << report["problems"].size() << " rows or fields are wrong\n";
  } else {
    std::cout << (report["imported"].get<bool>() ? "imported\n" : "not imported (dry run)\n");
    command::print_ended(report);
  }
}

void print_person(const Json& person) {
  std::cout << person["practitioner_id"].get<std::string>() << "  " << person["name"].get<std::string>() << "  "
            << command::joined(person["roles"]) << "  " << person["state"].get<std::string>()
            << "  second certificate until " << command::day(person["second_certificate_not_after"]);
  if (person.contains("mynumber") && !person["mynumber"].is_null())
    std::cout << "  My Number card until " << command::day(person["mynumber"]["not_after"]);
  std::cout << "\n";
}

void print_list(const Json& answer) {
  for (const auto& person : answer["practitioners"]) print_person(person);
}

void print_whole(const Json& person) {
  print_person(person);
  for (const auto& card : person["cards"])
    std::cout << "  card   " << card["authority"].get<std::string>() << " " << card["holder_number"].get<std::string>()
              << "\n";
  for (const auto& phone : person["phones"])
    std::cout << "  phone  " << phone["label"].get<std::string>() << ", added " << command::day(phone["added"])
              << ", last used " << command::day(phone["last_used"]) << "\n";
}

void print_dry_run(const Json& answer) {
  if (answer.value("dry_run", false)) std::cout << "not changed (dry run)\n";
}

void print_state(const Json& answer) {
  std::cout << answer["practitioner_id"].get<std::string>() << " is " << answer["state"].get<std::string>();
  if (answer.contains("ended"))
    std::cout << "; ended: " << answer["ended"]["requests"] << " requests, " << answer["ended"]["passes"] << " passes, "
              << answer["ended"]["sessions"] << " sessions";
  std::cout << "\n";
  print_dry_run(answer);
}

void print_link(const Json& answer) {
  std::cout << answer["practitioner_id"].get<std::string>() << ": My Number card until "
            << command::day(answer["mynumber"]["not_after"]) << "\n";
  print_dry_run(answer);
}

void print_unlinked(const Json& answer) {
  const auto& ended = answer["ended"];
  std::cout << answer["practitioner_id"].get<std::string>()
            << " has no My Number card any more; ended: " << ended["requests"] << " requests, " << ended["passes"]
            << " passes, " << ended["tickets"] << " tickets, " << ended["sessions"] << " sessions, " << ended["codes"]
            << " log-ins under way\n";
  print_dry_run(answer);
}

class PractitionerCommands {
 public:
  PractitionerCommands(CLI::App& parent, int& exit_code, std::shared_ptr<PractitionerArguments> arguments)
      : parent_(parent), exit_code_(exit_code), arguments_(std::move(arguments)) {}

  void add_import() {
    auto* command = add("import", "people and cards from a CSV file; any row that is wrong changes nothing",
                        print_import, [a = arguments_](const Operator& by) -> Result<Json> {
                          command::Progress progress(a->progress || command::on_terminal());
                          TEGATA_ASSIGN(const auto report, import_practitioners(by, a->file, a->dry_run, progress));
                          return describe(report);
                        });
    command->add_option("FILE", arguments_->file, "columns: see docs/directory.md")->required();
    command->add_flag("--dry-run", arguments_->dry_run, "check only");
    command->add_flag("--progress", arguments_->progress, "a progress bar, also where standard error is no terminal");
    command->footer("Example:\n  tegata practitioner import people.csv --config tegata.toml --dry-run");
  }

  void add_list_and_show() {
    auto* list = add("list", "everybody in the directory", print_list,
                     [a = arguments_](const Operator& by) { return list_practitioners(by, a->mynumber_ending); });
    list->add_flag("--mynumber-ending", arguments_->mynumber_ending,
                   "only whose linked My Number card ends within [mynumber] reminder_days");
    list->footer("Example:\n  tegata practitioner list --config tegata.toml --json");
    auto* show = add("show", "one person with cards and phones", print_whole,
                     [a = arguments_](const Operator& by) { return show_practitioner(by, a->id); });
    add_id(show);
    show->footer("Example:\n  tegata practitioner show AB12345689 --config tegata.toml");
  }

  void add_suspend_and_resume() {
    auto* suspend = add("suspend", "stop a person, and end open requests, passes and sessions", print_state,
                        [a = arguments_](const Operator& by) { return suspend_practitioner(by, a->id, a->reason); });
    auto* resume = add("resume", "let a suspended person in again", print_state,
                       [a = arguments_](const Operator& by) { return resume_practitioner(by, a->id, a->reason); });
    for (auto* command : {suspend, resume}) {
      add_id(command);
      command::add_reason(*command, arguments_->reason, "; no personal data");
      add_dry_run(command);
      command->footer("Example:\n  tegata practitioner " + command->get_name() +
                      " AB12345689 --reason 'request 42' --config tegata.toml");
    }
  }

  void add_link_mynumber() {
    auto* command =
        add("link-mynumber", "register or replace a My Number card's certificate for user authentication", print_link,
            [a = arguments_](const Operator& by) { return link_mynumber(by, a->id, a->certificate); });
    add_id(command);
    add_dry_run(command);
    auto& from = arguments_->certificate;
    auto* file = command->add_option("--certificate", from.file, "the certificate, PEM or DER");
    auto* print = command->add_option("--fingerprint", from.fingerprint,
                                      "its SHA-256, base64url; one that begins with - is written --fingerprint=-...");
    auto* begin = command->add_option("--not-before", from.not_before, "RFC 3339");
    auto* end = command->add_option("--not-after", from.not_after, "RFC 3339");
    print->needs(begin)->needs(end)->excludes(file);
    // Judged before the command's own callback.
    command->parse_complete_callback([=] {
      if (file->count() + print->count() != 1) throw CLI::RequiredError("--certificate or --fingerprint");
    });
    command->footer(
        "Example:\n  tegata practitioner link-mynumber GH45678912 --certificate card.pem --config tegata.toml");
  }

  void add_unlink_mynumber() {
    auto* command = add("unlink-mynumber", "take a My Number card's link away, and end what came by it", print_unlinked,
                        [a = arguments_](const Operator& by) { return unlink_mynumber(by, a->id, a->reason); });
    add_id(command);
    command::add_reason(*command, arguments_->reason, "; no personal data");
    add_dry_run(command);
    command->footer(
        "Example:\n  tegata practitioner unlink-mynumber GH45678912 --reason 'request 42' --config tegata.toml");
  }

 private:
  CLI::App* add(const char* name, const char* what, Print print, PractitionerOperation command) {
    auto* made = command::add_command(parent_, name, what, arguments_->config, &arguments_->json);
    made->final_callback([a = arguments_, &exit_code = exit_code_, print, command = std::move(command)] {
      exit_code = run(*a, command, print);
    });
    return made;
  }

  void add_dry_run(CLI::App* command) {
    command->add_flag("--dry-run", arguments_->dry_run, "say what would happen, and change nothing");
  }
  void add_id(CLI::App* command) { command->add_option("ID", arguments_->id, "本人ID")->required(); }

  CLI::App& parent_;
  int& exit_code_;
  std::shared_ptr<PractitionerArguments> arguments_;
};

}  // namespace

void add_practitioner_commands(CLI::App& app, int& exit_code, bool sandbox) {
  const auto arguments = std::make_shared<PractitionerArguments>();
  arguments->sandbox = sandbox;
  auto* practitioner = app.add_subcommand("practitioner", "the directory of people and their cards");
  practitioner->require_subcommand(1);
  PractitionerCommands commands(*practitioner, exit_code, arguments);
  commands.add_import();
  commands.add_list_and_show();
  commands.add_suspend_and_resume();
  commands.add_link_mynumber();
  commands.add_unlink_mynumber();
}

}  // namespace tegata::cli::practitioners
