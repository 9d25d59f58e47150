// The options of `tegata credential`, `tegata audit export` and `tegata backup`, and how their answers are printed.
#include "rp/cli/practitioners/phones_command.h"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "rp/cli/command/command.h"
#include "rp/cli/practitioners/phones.h"
#include "rp/host/errors.h"
#include "rp/host/private_file.h"
#include "rp/host/private_stream.h"
#include "rp/server/compose.h"
#include "rp/server/config/errors.h"
#include "rp/server/keys/guess_key.h"
#include "rp/server/running/system.h"
#include "rp/store/upkeep/acknowledgement.h"
#include "rp/store/upkeep/backup.h"

namespace tegata::cli::practitioners {
namespace {

struct PhonesArguments {
  std::string config, practitioner, to, guess_key_to;
  Revocation revocation;
  std::int64_t first = 1;
  bool unacknowledged = false;
  bool json = false;
};

// Opens the database that the configuration names, and hands it over.
template <typename T>
Result<T> with_store(const std::string& file, const std::function<Result<T>(store::Store&)>& operation) {
  const server::running::SystemClock clock;
  TEGATA_ASSIGN(const auto config, server::config::load_config(file));
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  return operation(*store);
}

// Likewise, to read in, also where nothing may be written.
template <typename T>
Result<T> with_view(const std::string& file, const std::function<Result<T>(store::Store&)>& operation) {
  const server::running::SystemClock clock;
  TEGATA_ASSIGN(const auto config, server::config::load_config(file));
  TEGATA_TRY(host::verify_private_file(config.database));
  TEGATA_ASSIGN(const auto store, store::Store::look(server::store_options(config), clock));
  return operation(*store);
}

void print_phone(const Json& phone) {
  const auto text = [&](const char* name) { return phone[name].get<std::string>(); };
  const auto used = phone["last_used"].is_null() ? std::string("never used") : "last used " + text("last_used");
  std::cout << text("practitioner_id") << "  " << text("credential_id") << "\n    " << text("label") << "; "
            << (text("provider").empty() ? "unknown provider" : text("provider")) << "; by " << text("way") << " at "
            << text("added") << "; " << used << "\n";
  for (const auto& basis : phone["rests_on"]) {
    std::cout << "    rests on " << basis["kind"].get<std::string>() << " "
              << basis.value("serial", basis.value("name", "")) << (basis["ended"] ? " (ended)" : "") << "\n";
  }
}

int list_phones_of(const PhonesArguments& arguments) {
  const auto phones = with_store<Json>(
      arguments.config, [&](store::Store& store) { return list_credentials(store, arguments.practitioner); });
  if (!phones) return command::fail(phones.error(), arguments.json);
  if (arguments.json) {
    std::cout << dump_json({{"ok", true}, {"credentials", *phones}}) << "\n";
    return 0;
  }
  for (const auto& phone : *phones) print_phone(phone);
  return 0;
}

int revoke(PhonesArguments& arguments) {
  arguments.revocation.actor = command::operator_name();
  const auto done = with_store<Json>(
      arguments.config, [&](store::Store& store) { return revoke_credential(store, arguments.revocation); });
  if (!done) return command::fail(done.error(), arguments.json);
  if (arguments.json) {
    Json out = *done;
    out["ok"] = true;
    std::cout << dump_json(out) << "\n";
    return 0;
  }
  print_phone(*done);
  const auto& ended = (*done)["ended"];
  if (arguments.revocation.dry_run) {
    std::cout << "not revoked (dry run)\n";
  } else {
    std::cout << "revoked; ended with it: " << ended["passes"] << " passes, " << ended["activations"]
              << " activations, " << ended["tickets"] << " tickets, " << ended["sessions"] << " sessions, "
              << ended["phones"] << " phones that it added\n";
  }
  return 0;
}

Result<std::int64_t> first_exported(store::Store& store, const PhonesArguments& arguments) {
  if (!arguments.unacknowledged) return arguments.first;
  TEGATA_ASSIGN(const auto through, store.read<std::int64_t>([](store::Reader& reader) {
    return store::upkeep::acknowledged_through(reader);
  }));
  return through + 1;
}

int export_log(const PhonesArguments& arguments) {
  std::unique_ptr<host::PrivateStream> file;  // it names people
  if (!arguments.to.empty()) {
    auto begun = host::PrivateStream::begin(arguments.to);
    if (!begun) return command::fail(begun.error(), arguments.json);
    file = std::move(*begun);
  }
  std::ostream& out = file ? file->out() : std::cout;
  const auto count = with_view<std::int64_t>(arguments.config, [&](store::Store& store) -> Result<std::int64_t> {
    TEGATA_ASSIGN(const auto first, first_exported(store, arguments));
    return export_audit(store, first, [&](const std::string& line) { out << line << "\n"; });
  });
  if (!count) return command::fail(count.error(), arguments.json);
  if (!file) return out.flush() ? 0 : command::fail(Error(errors::file_not_written, "standard output"), arguments.json);
  if (const auto done = file->finish(); !done) return command::fail(done.error(), arguments.json);
  if (arguments.json) {
    std::cout << dump_json({{"ok", true}, {"records", *count}}) << "\n";
  } else {
    std::cout << *count << " records in " << arguments.to << "\n";
  }
  return 0;
}

int back_up(const PhonesArguments& arguments) {
  const auto config = server::config::load_config(arguments.config);
  if (!config) return command::fail(config.error(), arguments.json);
  const auto verdict = store::upkeep::backup(server::store_options(*config), arguments.to);
  if (!verdict) return command::fail(verdict.error(), arguments.json);
  if (!arguments.guess_key_to.empty()) {
    const auto copied = server::keys::copy_guess_key(config->tickets.guess_key, arguments.guess_key_to);
    if (!copied) return command::fail(copied.error(), arguments.json);
  }
  if (arguments.json) {
    const bool with_key = !arguments.guess_key_to.empty();
    std::cout << dump_json({{"ok", true},
                            {"file", arguments.to},
                            {"guess_key", with_key ? Json(arguments.guess_key_to) : Json(nullptr)},
                            {"records", verdict->records},
                            {"signed_records", verdict->signed_records}})
              << "\n";
  } else {
    std::cout << arguments.to << ": " << verdict->records << " audit records, the chain holds, the head vouches for "
              << verdict->signed_records << "\n";
    if (arguments.guess_key_to.empty()) {
      std::cout << "not in it: " << config->tickets.guess_key
                << ", without which no server starts on the copy (--guess-key-to copies it elsewhere)\n";
    }
  }
  return 0;
}

void add_credential(CLI::App& app, int& exit_code, const std::shared_ptr<PhonesArguments>& arguments) {
  auto* credential = app.add_subcommand("credential", "the phones that are bound");
  credential->require_subcommand(1);
  auto* show = command::add_command(*credential, "list", "bound phones, of one person or of all", arguments->config,
                                    &arguments->json);
  show->add_option("--practitioner", arguments->practitioner, "of this person (ID)");
  show->footer("Example:\n  tegata credential list --config tegata.toml --practitioner AB123456789");
  show->callback([=, &exit_code] { exit_code = list_phones_of(*arguments); });
  auto* end = command::add_command(*credential, "revoke", "remove a phone; what it has approved ends with it",
                                   arguments->config, &arguments->json);
  end->add_option("ID", arguments->revocation.credential_id,
                  "as `credential list` shows it; behind -- where it begins with a dash")
      ->required();
  command::add_reason(*end, arguments->revocation.why)->required();
  end->add_flag("--with-added", arguments->revocation.with_added,
                "also stop the phones that this one added: for a stolen phone");
  end->add_flag("--dry-run", arguments->revocation.dry_run, "show which phone it is, and leave it");
  end->footer("Example:\n  tegata credential revoke 3q2-7w... --reason 'reported lost' --config tegata.toml");
  end->callback([=, &exit_code] { exit_code = revoke(*arguments); });
}

}  // namespace

void add_phone_commands(CLI::App& app, CLI::App& audit, int& exit_code) {
  const auto arguments = std::make_shared<PhonesArguments>();
  add_credential(app, exit_code, arguments);
  auto* write = command::add_command(audit, "export", "write the records as lines of JSON, with their hashes",
                                     arguments->config, &arguments->json);
  auto* from = write->add_option("--from", arguments->first, "number of the first record")->check(CLI::PositiveNumber);
  write
      ->add_flag("--unacknowledged", arguments->unacknowledged,
                 "from the first record that no acknowledged export holds")
      ->excludes(from);
  write->add_option("--to", arguments->to, "file; standard output if absent");
  write->footer("Example:\n  tegata audit export --config tegata.toml --from 1 --to audit.jsonl");
  write->callback([=, &exit_code] { exit_code = export_log(*arguments); });
  auto* copy = command::add_command(app, "backup", "copy the database while the server runs, with its audit head",
                                    arguments->config, &arguments->json);
  copy->add_option("--to", arguments->to, "the new database file; must not exist")->required();
  copy->add_option("--guess-key-to", arguments->guess_key_to,
                   "copy the guess key too, to a place apart from the database; must not exist");
  copy->footer("Example:\n  tegata backup --config tegata.toml --to /backup/tegata-2026-11-20.db");
  copy->callback([=, &exit_code] { exit_code = back_up(*arguments); });
}

}  // namespace tegata::cli::practitioners
