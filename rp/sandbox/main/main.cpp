// tegata-sandbox: the server, and everything that only a test may have.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include "rp/cli/commands.h"
#include "rp/host/process.h"
#include "rp/sandbox/environment.h"
#include "rp/sandbox/flow.h"
#include "rp/sandbox/lists.h"
#include "rp/sandbox/security_key.h"
#include "rp/sandbox/terminal.h"
#include "rp/sandbox/zoo.h"
#include "rp/server/compose.h"
#include "rp/server/running/system.h"

namespace {

using namespace tegata;

struct Arguments {
  std::string directory = "sandbox", host = "localhost";
  int port_base = 8443;
  bool once = false, json = false, no_uv = false;
  std::string card, url, number, role, password, store = "phone.json", attestation = "none", device, environment;
};

int fail(const Error& error) {
  std::cerr << "tegata-sandbox: " << error.code().name() << ": " << error.detail() << "\n";
  return 1;
}

// Time passes as the time of day says: tests move that, and want days to pass.
class MovedClock : public tegata::server::running::SystemClock {
 public:
  std::chrono::milliseconds monotonic() const override { return now().time_since_epoch(); }
  std::int64_t boot() const override { return 1; }
};

std::shared_ptr<const Clock> sandbox_clock() {
  if (std::getenv("TEGATA_SANDBOX_TIME_PASSES")) return std::make_shared<const MovedClock>();
  return std::make_shared<const tegata::server::running::SystemClock>();
}

int up(const Arguments& arguments, bool demo) {
  server::block_stop_signals();
  const auto clock_of_it = sandbox_clock();
  const Clock& clock = *clock_of_it;
  tegata::server::running::SystemRandom random;
  const sandbox::Layout layout{std::filesystem::absolute(arguments.directory).lexically_normal().string(),
                               arguments.port_base, arguments.host};
  auto environment = sandbox::Environment::start(layout, clock, random);
  if (!environment) return fail(environment.error());
  if (demo && !sandbox::run_main_job((*environment)->facts(), clock, random)) return 1;
  if (arguments.once) return 0;
  (*environment)->print_where_to_click();
  server::wait_for_stop_signal();
  return 0;
}

struct Attestation {
  tegata::sandbox::authenticator::AttestationChoice choice;
  std::optional<std::int64_t> algorithm = {};  // where the format knows one alone
};
const std::map<std::string, Attestation> attestations = {
    {"none", {tegata::sandbox::authenticator::AttestationChoice::none}},
    {"packed", {tegata::sandbox::authenticator::AttestationChoice::packed_x5c}},
    {"android-key", {tegata::sandbox::authenticator::AttestationChoice::android_key, -7}},
    {"apple", {tegata::sandbox::authenticator::AttestationChoice::apple, -7}},
    {"tpm", {tegata::sandbox::authenticator::AttestationChoice::tpm, -257}},
    {"fido-u2f", {tegata::sandbox::authenticator::AttestationChoice::fido_u2f, -7}},
};

class Phone {
 public:
  explicit Phone(const Arguments& arguments) : arguments_(arguments) {}

  int run(const std::string& what) {
    const auto folder = arguments_.environment.empty() ? sandbox::folder_running_at(arguments_.url).value_or("sandbox")
                                                       : arguments_.environment;
    const auto facts = sandbox::read_json_file(folder + "/sandbox.json");
    if (!facts) {
      return fail(Error(facts.error().code(),
                        facts.error().detail() + "; give --dir, the folder of `tegata-sandbox up`, while that runs"));
    }
    const auto result = arguments_.device.empty() ? by_key_file(*facts, what) : by_security_key(*facts, what);
    if (!result) return fail(result.error());
    print(*result);
    return 0;
  }

 private:
  Result<Json> by_key_file(const Json& facts, const std::string& what) {
    TEGATA_ASSIGN(auto authenticator, load());
    auto result = act(what, sandbox::SoftwarePhone(facts, sandbox::keys_of(authenticator, random_, behaviour())));
    save(authenticator);
    return result;
  }

  Result<Json> by_security_key(const Json& facts, const std::string& what) {
    const auto pin = [](const std::string& trouble) {
      return sandbox::ask_pin((trouble.empty() ? "" : trouble + "\n") + "PIN of the security key: ");
    };
    const auto touch = [] { std::cerr << "Touch the security key.\n"; };
    TEGATA_ASSIGN(auto key,
                  sandbox::SecurityKey::open(arguments_.device, !arguments_.no_uv, {.pin = pin, .touch = touch}));
    return act(what, sandbox::SoftwarePhone(facts, keys_of(key)));
  }

  Result<Json> act(const std::string& what, sandbox::SoftwarePhone phone) {
    if (what == "approve") return phone.approve(arguments_.url, arguments_.number, arguments_.role);
    if (what == "decline") return phone.decline(arguments_.url);
    TEGATA_ASSIGN(const auto claim, phone.claim(arguments_.url, arguments_.password));
    print(claim);
    return phone.register_when_confirmed(arguments_.url);
  }

  tegata::sandbox::authenticator::Behaviour behaviour() const {
    tegata::sandbox::authenticator::Behaviour behaviour;
    behaviour.user_verified = !arguments_.no_uv;
    const auto& [choice, algorithm] = attestations.at(arguments_.attestation);
    behaviour.attestation = choice;
    behaviour.algorithm = algorithm;
    return behaviour;
  }

  Result<tegata::sandbox::authenticator::Authenticator> load() {
    if (!std::filesystem::exists(arguments_.store)) return tegata::sandbox::authenticator::Authenticator::make(random_);
    TEGATA_ASSIGN(const auto json, sandbox::read_json_file(arguments_.store));
    return tegata::sandbox::authenticator::Authenticator::load(json);
  }

  void save(const tegata::sandbox::authenticator::Authenticator& authenticator) {
    sandbox::write_file(arguments_.store, dump_json(authenticator.save()));
  }

  void print(const Json& answer) const {
    if (arguments_.json) {
      std::cout << dump_json(answer) << std::endl;
      return;
    }
    for (const auto& [name, value] : answer.items()) {
      std::cout << name << ": " << (value.is_string() ? value.get<std::string>() : dump_json(value)) << "\n";
    }
    std::cout << std::flush;
  }

  const Arguments& arguments_;
  tegata::server::running::SystemRandom random_;
};

void add_environment(CLI::App& app, Arguments& arguments, int& exit_code) {
  for (const bool demo : {false, true}) {
    auto* command = app.add_subcommand(demo ? "demo" : "up",
                                       demo ? "start the environment and do the main job" : "start the environment");
    command->add_option("--dir", arguments.directory, "its folder; state survives a restart")->capture_default_str();
    command
        ->add_option("--port-base", arguments.port_base,
                     "public port; card +1, facility +2, signature service +4, demo EHR +5")
        ->check(CLI::Range(1024, 65000))
        ->capture_default_str();
    command->add_option("--host", arguments.host, "host name of its origins; a folder keeps the one it was made with")
        ->capture_default_str();
    if (demo) command->add_flag("--once", arguments.once, "end after the main job");
    command->footer(demo ? "Example:\n  tegata-sandbox demo --once"
                         : "Example:\n  tegata-sandbox up --dir mybox --port-base 9443");
    command->callback([&, demo] { exit_code = up(arguments, demo); });
  }
}

void add_phone(CLI::App& app, Arguments& arguments, int& exit_code) {
  auto* phone = app.add_subcommand("phone", "a software phone for scripts");
  phone->require_subcommand(1);
  for (const std::string what : {"enroll", "approve", "decline"}) {
    auto* command = phone->add_subcommand(what, what + " with the URL of a QR");
    command->add_option("URL", arguments.url, "what the QR says")->required();
    auto* const store = command->add_option("--store", arguments.store, "the phone's key file")->capture_default_str();
    if (what != "decline")
      command->add_option("--device", arguments.device, "a security key instead, such as /dev/hidraw0")
          ->check(CLI::ExistingFile)
          ->excludes(store);
    command->add_option("--dir,--sandbox", arguments.environment,
                        "folder of the environment; by default the one that runs on the port of URL");
    command->add_flag("--json", arguments.json, "answer in JSON, one object a line");
    command->add_flag("--no-uv", arguments.no_uv, "answer without user verification");
    if (what == "enroll")
      command->add_option("--password", arguments.password, "where the QR came by letter or portal");
    if (what == "enroll")
      command->add_option("--attestation", arguments.attestation, "how it vouches for its key")
          ->check(CLI::IsMember(attestations))
          ->excludes("--device");
    if (what == "approve")
      command->add_option("--number", arguments.number, "the two digits that the EHR shows")->required();
    if (what == "approve") command->add_option("--role", arguments.role, "for a person with several roles");
    command->footer("Example:\n  tegata-sandbox phone " + what + " 'https://localhost:8443/...#t=...'" +
                    (what == "approve" ? " --number 47" : ""));
    command->callback([&, what] { exit_code = Phone(arguments).run(what); });
  }
}

void add_lists(CLI::App& app, Arguments& arguments, int& exit_code) {
  auto* revoke = app.add_subcommand("revoke", "revoke a sample card and publish the lists anew");
  revoke->add_option("CARD", arguments.card, "its file's name, such as card-doctor, or a path to its certificate")
      ->required();
  revoke->add_option("--dir", arguments.directory, "folder of the environment")->capture_default_str();
  revoke->footer("Example:\n  tegata-sandbox revoke card-doctor --dir mybox");
  revoke->callback([&] {
    const tegata::server::running::SystemClock clock;
    const sandbox::Layout layout{std::filesystem::absolute(arguments.directory).lexically_normal().string()};
    const auto done = sandbox::revoke_card(layout, arguments.card, clock.now());
    exit_code = done ? 0 : fail(done.error());
    if (done) std::cout << arguments.card << " is revoked; a running server knows within a second\n";
  });

  auto* zoo = app.add_subcommand("zoo", "write cards of every kind, right and wrong, with the answer each must get");
  zoo->add_option("--dir", arguments.directory, "where its folder zoo is made (anew)")->capture_default_str();
  zoo->footer("Example:\n  tegata-sandbox zoo --dir mybox && less mybox/zoo/expected.json");
  zoo->callback([&] {
    const tegata::server::running::SystemClock clock;
    const auto done = sandbox::write_zoo(arguments.directory, clock.now());
    exit_code = done ? 0 : fail(done.error());
    if (done) std::cout << arguments.directory << "/zoo/expected.json\n";
  });
}

}  // namespace

int main(int argc, char** argv) {
  tegata::host::shut_process();
  CLI::App app("The verification environment of Tegata", "tegata-sandbox");
  app.require_subcommand(1);
  int exit_code = 0;
  Arguments arguments;
  tegata::cli::add_commands(app, exit_code, true, sandbox_clock());
  add_environment(app, arguments, exit_code);
  add_phone(app, arguments, exit_code);
  add_lists(app, arguments, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
