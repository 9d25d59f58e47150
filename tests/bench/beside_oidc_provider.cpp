// Introspections and tokens beside oidc-provider (npm), in turn: https on kept-alive connections, certificates of both
// sides, an HAProxy of the same configuration before each, the load made on the same machine.
#include <fstream>

#include "rp/server/config/config.h"
#include "rp/server/haproxy_config.h"
#include "tests/bench/bench.h"
#include "tests/bench/latencies.h"
#include "tests/bench/people.h"

namespace tegata::bench {
namespace {

namespace fs = std::filesystem;
constexpr int callers = 16;
constexpr const char* token_request = "client_id=ehr&grant_type=client_credentials";
constexpr int other_ports = 20;  // how far the other HAProxy's ports lie from the sandbox's

// oidc-provider on the socket at which its HAProxy looks for a facility origin.
class OtherProvider {
 public:
  explicit OtherProvider(const Sandbox& sandbox) : directory_(sandbox.directory / "other") {
    fs::create_directories(directory_);
    const auto config = make_config(sandbox);
    origin = config.facility_origin;
    const std::string certificate = sandbox.facts["facilities"][0]["cert"];
    const fs::path socket = directory_ / "facility.sock";
    provider_ = std::make_unique<Child>(
        std::vector<std::string>{"node", "tests/bench/oidc_provider.mjs", socket, origin, certificate},
        directory_ / "provider.log");
    proxy_ = std::make_unique<Child>(
        std::vector<std::string>{"/usr/sbin/haproxy", "-db", "-f", (directory_ / "haproxy.cfg").string()},
        directory_ / "haproxy.log");
    wait_for(*provider_, "oidc-provider", [&] { return fs::exists(socket); });
  }
  std::string origin;

 private:
  // The sandbox's configuration with other ports and another folder of sockets.
  server::config::Config make_config(const Sandbox& sandbox) {
    auto loaded = server::config::load_config((sandbox.directory / "config.toml").string());
    if (!loaded) fail(loaded.error().detail());
    auto config = std::move(*loaded);
    for (auto* one : {&config.public_origin, &config.card_origin_pattern, &config.facility_origin}) {
      const auto colon = one->rfind(':') + 1;
      *one = one->substr(0, colon) + std::to_string(std::stoi(one->substr(colon)) + other_ports);
    }
    config.mynumber_origin_pattern.clear();
    config.sockets = directory_.string();
    // Its socket is the other program's own.
    config.haproxy.user.clear();
    const auto text = server::haproxy_config(config);
    if (!text) fail(text.error().detail());
    std::ofstream(directory_ / "haproxy.cfg") << *text;
    return config;
  }
  fs::path directory_;
  std::unique_ptr<Child> provider_, proxy_;
};

// What callers of one side ask, each on a connection of its own.
class Side {
 public:
  // `bodies` in turn, caller by caller; `expected` stands in every answer.
  Side(const Json& facts, const std::string& origin, const Json& party, std::string path,
       std::vector<std::string> bodies, std::string expected)
      : path_(std::move(path)), bodies_(std::move(bodies)), expected_(std::move(expected)) {
    for (int i = 0; i < callers; ++i) peers_.emplace_back(facts, origin, &party);
  }
  void run(int workers, int each) {
    all_at_once(workers, each, [this](int worker) { latencies.time([&] { ask(static_cast<std::size_t>(worker)); }); });
  }
  Latencies latencies;

 private:
  void ask(std::size_t worker) {
    const auto answer = peers_[worker].send(path_, bodies_[worker % bodies_.size()], form);
    if (answer.status != 200 || answer.body.find(expected_) == std::string::npos)
      fail(path_ + ": " + std::to_string(answer.status) + " " + answer.body);
  }
  std::vector<Peer> peers_;
  std::string path_;
  std::vector<std::string> bodies_;
  std::string expected_;
};

std::string quantiles(const char* name, const Latencies& all) {
  char text[80];
  std::snprintf(text, sizeof text, "%s p50 %.1f p99 %.1f ms", name, all.quantile(0.5), all.quantile(0.99));
  return text;
}

void print_latencies(const Latencies& ours, const Latencies& theirs) {
  std::printf("    %s   %s\n", quantiles("ours", ours).c_str(), quantiles("oidc-provider", theirs).c_str());
  std::fflush(stdout);
}

using People = std::vector<std::unique_ptr<Person>>;

void compare_introspections(const Sandbox& sandbox, const OtherProvider& other, People& everybody) {
  constexpr int each = 60;
  const Json& facts = sandbox.facts;
  const Json& service = facts["signature_service"];
  const Json& facility = facts["facilities"][0];
  std::vector<std::string> questions;
  for (auto& person : everybody)
    questions.push_back("client_id=" + service["client_id"].get<std::string>() + "&token=" + person->pass());
  Side ours(facts, facts["facility_origin"], service, "/introspect", questions, "\"active\":true");
  const Json issued = Peer(facts, other.origin, &facility).post("/token", std::string(token_request), form);
  const std::string question = "client_id=service&token=" + issued["access_token"].get<std::string>();
  Side theirs(facts, other.origin, facility, "/token/introspection", {question}, "\"active\":true");
  print("introspections beside oidc-provider",
        compare(
            9, callers * each, [&] { ours.run(callers, each); }, [&] { theirs.run(callers, each); }),
        3.0);
  print_latencies(ours.latencies, theirs.latencies);
  // The same proxy with nothing to do behind it: what no server could pass.
  for (auto& person : everybody) person->reconnect();
  const auto give_file = [&](int worker) { everybody[static_cast<std::size_t>(worker)]->fetch_static(); };
  print("  a static file through our proxy, beside them",
        compare(
            5, most_people * each, [&] { all_at_once(most_people, each, give_file); },
            [&] { theirs.run(most_people, each); }),
        0);
}

// Unlike things, side by side: an activation is four requests, two of them of a phone, a signature checked, two made,
// and changes that are on the disk; a client_credentials token is one request and a change in memory.
void compare_tokens(const Sandbox& sandbox, const OtherProvider& other, People& everybody) {
  constexpr int each = 20;
  for (auto& person : everybody) person->reconnect();
  Latencies ours;
  const auto activate = [&](int worker) {
    ours.time([&] { everybody[static_cast<std::size_t>(worker)]->activate(); });
  };
  Side theirs(sandbox.facts, other.origin, sandbox.facts["facilities"][0], "/token", {token_request}, "access_token");
  print("activations beside client_credentials tokens",
        compare(
            5, most_people * each, [&] { all_at_once(most_people, each, activate); },
            [&] { theirs.run(most_people, each); }),
        0);
  print_latencies(ours, theirs.latencies);
}

}  // namespace

void beside_oidc_provider() {
  Sandbox sandbox;
  OtherProvider other(sandbox);
  People everybody;
  for (int i = 0; i < most_people; ++i) everybody.push_back(std::make_unique<Person>(sandbox.facts, i));
  compare_introspections(sandbox, other, everybody);
  compare_tokens(sandbox, other, everybody);
}

}  // namespace tegata::bench
