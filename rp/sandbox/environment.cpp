#include "rp/sandbox/environment.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "rp/base/errors.h"
#include "rp/sandbox/https.h"
#include "rp/sandbox/samples.h"
#include "rp/server/beginning.h"
#include "rp/server/compose.h"
#include "rp/store/engine/errors.h"

namespace tegata::sandbox {
namespace {

Status fill_database(const Layout& layout, const Json& facts, const Clock& clock, Random& random) {
  TEGATA_ASSIGN(const auto config, server::config::load_config(layout.file("config.toml")));
  auto store = store::Store::open(server::store_options(config), clock);
  if (!store && store.error().code() == errors::store_absent) {
    TEGATA_TRY(server::begin_database(config, clock, random, "system"));
    store = store::Store::open(server::store_options(config), clock);
  }
  if (!store) return store.error();
  return fill(**store, random, facts, clock.now());
}

std::vector<Child> children_of(const Layout& layout) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  Child tegata{"server",
               {self, "serve", "--config", layout.file("config.toml")},
               layout.file("server.log"),
               layout.file("server.pid")};
  // Debian keeps it where an ordinary user's PATH does not look.
  const std::string proxy = std::filesystem::exists("/usr/sbin/haproxy") ? "/usr/sbin/haproxy" : "haproxy";
  Child haproxy{"haproxy",
                {proxy, "-db", "-f", layout.file("haproxy.cfg")},
                layout.file("haproxy.log"),
                layout.file("haproxy.pid")};
  return {tegata, haproxy};
}

Status wait_until_ready(const Layout& layout, const Json& facts) {
  HttpsClient pages(layout.public_origin(), {facts.at("tls_ca"), "", ""}, false);
  std::string last;
  for (int i = 0; i < 300; ++i) {
    const auto answer = pages.get("/jwks");
    if (answer && answer->status == 200) return {};
    last = answer ? std::to_string(answer->status) : answer.error().detail();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return Error(errors::internal,
               "not ready after 30 s (" + last + "); see server.log and haproxy.log in " + layout.directory);
}

}  // namespace

Result<std::unique_ptr<Environment>> Environment::start(const Layout& layout, const Clock& clock, Random& random) {
  std::unique_ptr<Environment> environment(new Environment);
  environment->layout_ = layout;
  std::filesystem::remove(layout.file("sandbox.json"));
  TEGATA_ASSIGN(environment->facts_, prepare(layout, clock.now()));
  TEGATA_TRY(fill_database(layout, environment->facts_, clock, random));
  environment->children_ = std::make_unique<Supervisor>(children_of(layout));
  environment->lists_ = std::make_unique<ListPublisher>(layout, clock);
  TEGATA_TRY(wait_until_ready(layout, environment->facts_));
  TEGATA_ASSIGN(environment->service_,
                SignatureService::start(environment->facts_, layout.file("pki/server.pem"),
                                        layout.file("facility-ca/advertised.pem"), layout.service_port(), clock));
  TEGATA_ASSIGN(environment->ehr_, DemoEhr::start(environment->facts_, layout.ehr_port(), random));
  write_file(layout.file("sandbox.json"), environment->facts_.dump(2) + "\n");
  environment->running_ = std::make_unique<Running>(layout);
  return environment;
}

Environment::~Environment() {
  children_.reset();
  std::error_code ignored;  // another server may be there by now
  std::filesystem::remove(sockets_directory(layout_), ignored);
}

void Environment::print_where_to_click() const {
  std::printf("ready: %s\n", layout_.file("sandbox.json").c_str());
  std::printf("  PC (enrollment)   %s\n", layout_.public_origin().c_str());
  std::printf("  demo EHR          %s\n", layout_.ehr_origin().c_str());
  std::printf("  EHR calls         %s (certificates in %s)\n", layout_.facility_origin().c_str(),
              layout_.file("pki").c_str());
  std::printf("  trust in browser  %s\n", layout_.file("pki/tls-ca.pem").c_str());
  std::printf("  card in browser   %s, password %s\n", facts_["cards"][0]["p12"].get<std::string>().c_str(),
              facts_["cards"][0]["p12_password"].get<std::string>().c_str());
  std::printf("Ctrl-C ends it.\n");
  std::fflush(stdout);
}

}  // namespace tegata::sandbox
