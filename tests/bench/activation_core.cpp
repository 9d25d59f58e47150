#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "rp/activation/handlers.h"
#include "rp/pass/signing_key.h"
#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/server/running/system.h"
#include "rp/store/facilities.h"
#include "rp/store/practitioners.h"
#include "tests/bench/bench.h"
#include "tests/bench/ceremony.h"
#include "tests/support/begun_store.h"

namespace tegata::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
constexpr int activations = 150;
constexpr int activation_rounds = 9;

// One durable row, as SQLite alone makes it: WAL, synchronous=FULL, a prepared statement, no thread in between.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path) {
    require(sqlite3_open(path.c_str(), &database_) == SQLITE_OK, "raw database");
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE change(id INTEGER PRIMARY KEY, text TEXT)");
    require(sqlite3_prepare_v2(database_, "INSERT INTO change(text) VALUES(?)", -1, &insert_, nullptr) == SQLITE_OK,
            "raw insert");
  }
  ~RawDatabase() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  // `rows` of them in one COMMIT.
  void durable_change(int rows) {
    if (rows > 1) run("BEGIN IMMEDIATE");
    for (int i = 0; i < rows; ++i) insert();
    if (rows > 1) run("COMMIT");
  }

 private:
  void insert() {
    sqlite3_bind_text(insert_, 1, row_.data(), static_cast<int>(row_.size()), SQLITE_STATIC);
    require(sqlite3_step(insert_) == SQLITE_DONE, "raw change");
    sqlite3_reset(insert_);
  }
  void run(const char* sql) { require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql); }
  const std::string row_ = std::string(600, 'x');  // about what a pass or an audit record holds
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

// The activation room behind its router, without sockets: one EHR, one person, one phone.
class Desk {
 public:
  explicit Desk(const fs::path& directory) : authenticator_(sandbox::authenticator::Authenticator::make(random_)) {
    store::Options options;
    options.database = (directory / "db").string();
    options.audit_key = (directory / "audit.pem").string();
    store_ = require(test::open_store(options, clock_, random_));
    const auto key = std::make_shared<const pass::KeySet>(
        pass::KeySet{require(pass::SigningKey::parse_pem(sandbox::test_pki::pem(sandbox::test_pki::p256_key()))), {}});
    activation::Settings settings;
    settings.issuer = public_origin;
    settings.facility_origin = "https://localhost:8445";
    settings.rp_id = "localhost";
    settings.origins = {public_origin};
    settings.most_starts_per_minute = 1'000'000;
    activation::add_routes(router_, activation::Services{*store_, clock_, random_, key, settings});
    add_parties();
  }

  struct Prepared {
    http::Request approve, token;
  };
  // Everything up to the phone's answer: not measured.
  Prepared prepare() {
    const Json asked =
        send(form("/device_authorization", "scope=openid%20hpki.sign&terminal_id=" + std::to_string(++terminals_)));
    const std::string link = asked["verification_uri_complete"];
    const std::string token = link.substr(link.find("#t=") + 3);
    std::string cookie;
    const Json scanned = send(page("scan", {{"token", token}}, ""), &cookie);
    // Counters that rise with each assertion would tie the order of preparing to the order of approving.
    sandbox::authenticator::Behaviour without_counter;
    without_counter.sign_count = 0;
    const Json assertion = require(authenticator_.get(scanned["publicKey"], public_origin, without_counter, random_));
    return {page("approve", {{"token", token}, {"number", asked["number"]}, {"credential", assertion}}, cookie),
            form("/token", "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=" +
                               asked["device_code"].get<std::string>())};
  }
  void activate(const Prepared& prepared) {
    const auto approved = router_.handle(prepared.approve);
    require(approved.status == 200, approved.body.c_str());
    const auto redeemed = router_.handle(prepared.token);
    require(redeemed.status == 200, redeemed.body.c_str());
  }

 private:
  Json send(const http::Request& request, std::string* cookie = nullptr) {
    const auto response = router_.handle(request);
    require(response.status == 200, response.body.c_str());
    const auto set = response.headers.find("Set-Cookie");
    if (cookie && set != response.headers.end()) *cookie = set->second.substr(0, set->second.find(';'));
    return Json::parse(response.body);
  }
  http::Request form(const std::string& path, const std::string& body) {
    http::Request request;
    request.origin = http::Origin::facility;
    request.method = "POST";
    request.path = path;
    request.client_certificate = certificate_;
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    request.body = "client_id=ehr&" + body;
    return request;
  }
  http::Request page(const std::string& call, const Json& body, const std::string& cookie) {
    http::Request request;
    request.method = "POST";
    request.path = "/api/activation/" + call;
    request.headers = {
        {"content-type", "application/json"}, {"origin", public_origin}, {"sec-fetch-site", "same-origin"}};
    if (!cookie.empty()) request.headers.emplace("cookie", cookie);
    request.body = dump_json(body);
    return request;
  }
  void add_parties() {
    const store::Practitioner person{"BENCH0000001",          random_bytes(random_, 64), "検証 太郎",
                                     "Kensho Taro",           {"Medical Doctor"},        true,
                                     clock_.now() + 24h * 365};
    const auto ceremony = register_for(authenticator_, person.user_handle, random_);
    store::BoundCredential bound;
    bound.record = ceremony;
    bound.practitioner_id = person.id;
    bound.user_handle = person.user_handle;
    bound.label = bound.label_key = "bench";
    bound.created_at = clock_.now();
    const auto added = store_->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
      store::AuditEvent event;
      event.kind = "bench_setup";
      transaction.audit(event);
      TEGATA_TRY(store::put_practitioner(transaction, person));
      TEGATA_TRY(store::put_facility(transaction, {"1312345678", "検証病院", true, "standard", std::nullopt, false}));
      TEGATA_TRY(store::put_client(
          transaction, {"ehr", "1312345678", false, true, {"openid", "hpki.sign"}, {"https://sign.example"}}));
      TEGATA_TRY(store::put_client_certificate(
          transaction, {sha256(certificate_), "ehr", clock_.now() - 24h, clock_.now() + 24h * 300, true}));
      return store::insert_credential(transaction, bound);
    });
    require(require(added), "credential");
  }

  server::running::SystemClock clock_;
  server::running::SystemRandom random_;
  const Bytes certificate_ = to_bytes(as_bytes("certificate"));
  std::unique_ptr<store::Store> store_;
  http::Router router_;
  sandbox::authenticator::Authenticator authenticator_;
  int terminals_ = 0;
};

// Both sides wait for two commits: how long for each here, and how long where the aim would be reached.
void print_waiting(const Pair& pair, double aim) {
  const double waited = (1e6 / pair.raw_per_second - pair.raw_microseconds) / 2;
  const double needed = (aim * pair.ours_microseconds - pair.raw_microseconds) / (1 - aim) / 2;
  std::printf("    a commit waits %.0f us for this disk; the aim is reached where it waits %.0f us\n", waited, needed);
  std::fflush(stdout);
}

}  // namespace

// One activation after another, on one thread: from the parsed HTTP request to the pass. Beside it the raw parts with
// one row in a change, and with the three that ours has (the hand-off, the phone or the pass, the audit record).
void activation_core() {
  const auto directory = fs::temp_directory_path() / ("tegata-bench-" + std::to_string(::getpid()));
  fs::create_directories(directory);
  {
    Desk desk(directory);
    RawDatabase database((directory / "raw").string());
    const Raw raw(make_ceremony());
    std::vector<Desk::Prepared> prepared;
    for (int i = 0; i < 2 * activations * (activation_rounds + 1); ++i) prepared.push_back(desk.prepare());
    std::size_t next = 0;
    const auto against = [&](int rows) {
      const auto ours = [&] {
        for (int i = 0; i < activations; ++i) desk.activate(prepared[next++]);
      };
      const auto parts = [&] {
        for (int i = 0; i < activations; ++i) {
          raw.verify();
          database.durable_change(rows);
          database.durable_change(rows);
          raw.sign();
        }
      };
      return compare(activation_rounds, activations, ours, parts);
    };
    constexpr double aim = 0.6;
    print("activation core: verify, sign, 2 durable changes", against(1), aim);
    const Pair pair = against(3);
    print("  the same, each change of 3 rows", pair, aim);
    print_waiting(pair, aim);
  }
  fs::remove_all(directory);
}

}  // namespace tegata::bench
