// What leaves the server where the log was altered: a line, a figure, a notice past the outbox; signed heads; and how
// webhooks are signed.
#include <httplib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rp/server/audit_watch.h"
#include "rp/server/config/errors.h"
#include "rp/server/edge/listening_thread.h"
#include "rp/server/head_sender.h"
#include "rp/server/notices/notices.h"
#include "rp/store/audit/chain.h"
#include "rp/store/engine/errors.h"
#include "rp/store/upkeep/audit_acceptance.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// Waits for a condition; the bound is for a test that fails.
bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

struct AlarmWorld {
  AlarmWorld() : folder(std::filesystem::temp_directory_path() / ("tegata-alarm-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "notices");
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    auto opened = test::open_store(options, clock, random);
    REQUIRE(opened);
    store = std::move(*opened);
  }
  ~AlarmWorld() {
    store.reset();
    std::filesystem::remove_all(folder);
    std::fclose(file);
  }
  std::string text() const {
    std::string out(1 << 16, '\0');
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(fileno(file), out.data(), out.size(), 0), 0)));
    return out;
  }
  bool says(const std::string& what) const {
    return comes_true([&] { return text().find(what) != std::string::npos; });
  }
  Status write() {
    return store->write<void>([](store::Transaction& transaction) -> Status {
      transaction.audit({"test", "system", "test", "", Json::object(), "", ""});
      return store::put_notice(transaction, "phone_added", "AB123456789", Json::object());
    });
  }
  // With a right hash, and a MAC by a key of his own.
  void forge() {
    const auto connection =
        tegata::store::engine::Connection::open(options.database, tegata::store::engine::Connection::Mode::write, {});
    REQUIRE(connection);
    RepeatableRandom other(9);
    const auto path = (folder / "forger.pem").string();
    REQUIRE(tegata::store::audit::AuditKey::make(path, other));
    const auto key = tegata::store::audit::AuditKey::load(path);
    REQUIRE((*connection)->run("BEGIN IMMEDIATE"));  // the server adds to the log too
    const auto tail = tegata::store::audit::read_tail(**connection);
    REQUIRE(tegata::store::audit::append(**connection, **key, *tail, clock.now(),
                                         {"activation_approved", "practitioner:P1", "x", "", Json::object(), "", ""}));
    REQUIRE((*connection)->run("COMMIT"));
  }
  std::vector<std::string> alarms() const {
    std::vector<std::string> out;
    for (const auto& each : std::filesystem::directory_iterator(folder / "notices")) {
      if (each.path().filename().string().starts_with("alarm-")) out.push_back(each.path().string());
    }
    return out;
  }

  std::filesystem::path folder;
  StillClock clock;
  RepeatableRandom random;
  tegata::store::Options options;
  std::unique_ptr<store::Store> store;
  std::FILE* file = std::tmpfile();
  const tegata::server::running::Log log{clock, fileno(file)};
  tegata::server::running::Vitals vitals{clock};
};

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("a log that was added to is told of: a line, a figure, a notice past the outbox; and that writing goes on") {
  AlarmWorld world;
  std::atomic<int> told{0};
  tegata::server::notices::NoticeChannel counting{"counting", [&](const store::Notice& notice) -> Status {
                                                    told += notice.number > 0;
                                                    return {};
                                                  }};
  auto worker = tegata::server::notices::NoticeWorker::start(
      *world.store, {tegata::server::notices::folder_channel((world.folder / "notices").string()), counting},
      world.vitals, world.log);
  REQUIRE(worker);
  const server::AuditWatch watch(*world.store, world.clock, world.vitals, world.log,
                                 [&](store::Notice notice) { (*worker)->alarm(std::move(notice)); },
                                 {std::chrono::milliseconds(5)});
  REQUIRE(world.write());
  REQUIRE(comes_true([&] { return told == 1; }));
  CHECK(watch.figures().find("tegata_audit_stopped 0") != std::string::npos);
  world.forge();
  CHECK(world.says("\"event\":\"audit_stopped\""));
  CHECK(world.says("store_audit_stopped"));
  CHECK(watch.figures().find("tegata_audit_stopped 1") != std::string::npos);
  REQUIRE(comes_true([&] { return world.alarms().size() == 1; }));
  REQUIRE(comes_true([&] { return text_of(world.alarms()[0]).find("has no right MAC") != std::string::npos; }));
  const auto refused = world.write();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_audit_stopped);
  REQUIRE(
      tegata::store::upkeep::accept_audit(world.options, world.clock, world.random, {"operator:test", "seen", false}));
  CHECK(world.says("\"event\":\"audit_goes_on\""));
  CHECK(watch.figures().find("tegata_audit_stopped 0") != std::string::npos);
  CHECK(world.write());
}

TEST_CASE("defect: while nothing could be written, the same notice was told again and again") {
  AlarmWorld world;
  int told = 0;
  const tegata::server::notices::NoticeChannel channel{"test", [&](const store::Notice&) -> Status {
                                                         ++told;
                                                         return {};
                                                       }};
  REQUIRE(world.store->write<bool>([](store::Transaction& transaction) -> Result<bool> {
    transaction.audit({"test", "system", "test", "", Json::object(), "", ""});
    return store::open_channel(transaction, "test");
  }));
  REQUIRE(world.write());
  const bool clock = GENERATE(false, true);
  clock ? world.clock.step(std::chrono::hours(24)) : world.forge();
  const auto code = clock ? errors::store_clock_ahead : errors::store_audit_stopped;
  for (int i = 0; i < 3; ++i) {
    const auto delivered = tegata::server::notices::deliver_waiting(*world.store, channel);
    REQUIRE_FALSE(delivered);
    CHECK(delivered.error().code() == code);
  }
  CHECK(told == 0);
}

TEST_CASE("defect: an alarm whose delivery threw was lost") {
  AlarmWorld world;
  std::atomic<int> tries{0};
  std::atomic<bool> told{false};
  const server::notices::NoticeChannel throwing{"throwing", [&](const store::Notice& notice) -> Status {
                                                  if (++tries == 1) throw std::runtime_error("no memory");
                                                  told = notice.kind == "audit_stopped";
                                                  return {};
                                                }};
  const auto worker = server::notices::NoticeWorker::start(*world.store, {throwing}, world.vitals, world.log);
  REQUIRE(worker);
  (*worker)->alarm({0, world.clock.now(), "audit_stopped", "", Json::object()});
  REQUIRE(comes_true([&] { return told.load(); }));
  CHECK(tries == 2);
  CHECK(world.says("it threw: no memory"));
  CHECK((*worker)->figures().find("tegata_notices_failed_total{channel=\"throwing\"} 1") != std::string::npos);
}

TEST_CASE("defect: an alarm that could not be taken was told of no more") {
  AlarmWorld world;
  std::atomic<int> told{0};
  const server::AuditWatch watch(*world.store, world.clock, world.vitals, world.log,
                                 [&](const store::Notice&) {
                                   if (++told == 1) throw std::bad_alloc();
                                 },
                                 {std::chrono::milliseconds(5), std::chrono::milliseconds(5)});
  world.forge();
  REQUIRE(comes_true([&] { return told == 2; }));
  CHECK(watch.figures().find("tegata_audit_stopped 1") != std::string::npos);
}

TEST_CASE("the example of Standard Webhooks, and a key's file that is none") {
  AlarmWorld world;
  const auto path = (world.folder / "webhook-key").string();
  std::ofstream(path) << "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";
  const auto key = tegata::server::notices::open_webhook_key(path, world.random);
  REQUIRE(key);
  CHECK(tegata::server::notices::webhook_signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                                   R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  for (const char* wrong : {"whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"}) {
    std::ofstream(path) << wrong;
    const auto refused = tegata::server::notices::open_webhook_key(path, world.random);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::config_invalid);
  }
  const auto made = (world.folder / "made").string();
  const auto first = tegata::server::notices::open_webhook_key(made, world.random);
  REQUIRE(first);
  CHECK(first->size() == 32);
  CHECK(*tegata::server::notices::open_webhook_key(made, world.random) == *first);
  using std::filesystem::perms;
  CHECK(std::filesystem::status(made).permissions() == (perms::owner_read | perms::owner_write));
}

namespace {

// A receiver that takes down what comes.
struct Receiver {
  Receiver() {
    server.Post("/hook", [this](const httplib::Request& request, httplib::Response&) {
      const std::lock_guard lock(mutex);
      bodies.push_back(request.body);
      headers.push_back(request.headers);
    });
    port = server.bind_to_any_port("127.0.0.1");
    listening = std::make_unique<tegata::server::edge::ListeningThread>(server);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port) + "/hook"; }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return bodies.size();
  }
  httplib::Server server;
  int port = 0;
  std::mutex mutex;
  std::vector<std::string> bodies;
  std::vector<httplib::Headers> headers;
  std::unique_ptr<tegata::server::edge::ListeningThread> listening;
};

std::string header(const httplib::Headers& headers, const char* name) {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("defect: a webhook notice carried nothing by which its receiver could tell it from anybody else's") {
  AlarmWorld world;
  Receiver receiver;
  const Bytes key(32, 7);
  const auto channel =
      tegata::server::notices::webhook_channel(tegata::server::notices::Webhook(receiver.url(), "", key, world.clock));
  const store::Notice notice{42, world.clock.now(), "phone_added", "AB123456789", Json::object()};
  REQUIRE(channel.deliver(notice));
  REQUIRE(channel.deliver(notice));
  REQUIRE(receiver.count() == 2);
  const auto id = header(receiver.headers[0], "webhook-id");
  CHECK(id.starts_with("notice_42_"));
  CHECK(header(receiver.headers[1], "webhook-id") == id);
  const auto seconds = header(receiver.headers[0], "webhook-timestamp");
  CHECK(seconds == std::to_string(unix_milliseconds(world.clock.now()) / 1000));
  const auto expected = hmac_sha256(key, as_bytes(id + "." + seconds + "." + receiver.bodies[0]));
  CHECK(header(receiver.headers[0], "webhook-signature") == "v1," + base64(expected));
}

TEST_CASE(
    "heads go to file and webhook, at the start, where they change, and at the end; what fails is told and tried "
    "again") {
  AlarmWorld world;
  Receiver receiver;
  tegata::server::config::Config config;
  config.audit.heads_file = (world.folder / "elsewhere" / "heads.jsonl").string();
  config.audit.heads_webhook.url = receiver.url();
  config.audit.heads_webhook.key = (world.folder / "heads-key").string();
  auto targets = server::head_targets(config, world.clock, world.random);
  REQUIRE(targets);
  auto lines = tegata::store::audit::HeadLines::open(world.options);
  REQUIRE(lines);
  {
    server::HeadSender sender(std::move(*lines), std::move(*targets), world.clock, world.vitals, world.log,
                              {std::chrono::milliseconds(5)});
    REQUIRE(comes_true([&] { return receiver.count() == 1; }));
    CHECK(world.says("audit_head_unsent"));
    CHECK(sender.warnings().starts_with("warning audit_head_unsent file "));
    CHECK(sender.figures().find("tegata_audit_head_unsent{to=\"file\"} 1") != std::string::npos);
    std::filesystem::create_directories(world.folder / "elsewhere");
    REQUIRE(comes_true([&] { return sender.warnings().empty(); }));
    REQUIRE(world.write());
    REQUIRE(comes_true([&] { return receiver.count() == 2; }));
    CHECK(sender.figures().find("tegata_audit_heads_failed_total{to=\"webhook\"} 0") != std::string::npos);
    world.store.reset();
  }
  const auto verdict = tegata::store::audit::verify_heads(world.options, config.audit.heads_file);
  INFO((verdict ? std::string() : verdict.error().detail()));
  REQUIRE(verdict);
  CHECK(verdict->lines == 2);
  CHECK(text_of(config.audit.heads_file).find(receiver.bodies[1]) != std::string::npos);
  using std::filesystem::perms;
  CHECK(std::filesystem::status(config.audit.heads_file).permissions() == (perms::owner_read | perms::owner_write));
}

TEST_CASE("defect: a target of the heads that threw kept them from the others") {
  AlarmWorld world;
  std::atomic<int> sent{0};
  auto lines = store::audit::HeadLines::open(world.options);
  REQUIRE(lines);
  const server::HeadTarget throwing{
      "webhook", [](const store::audit::HeadLines::Line&) -> Status { throw std::runtime_error("no memory"); }};
  const server::HeadTarget other{"epoch", [&](const store::audit::HeadLines::Line&) -> Status {
                                   ++sent;
                                   return {};
                                 }};
  const server::HeadSender sender(std::move(*lines), {throwing, other}, world.clock, world.vitals, world.log,
                                  {std::chrono::milliseconds(5)});
  REQUIRE(comes_true([&] { return sent == 1; }));
  CHECK(sender.warnings() == "warning audit_head_unsent webhook it threw: no memory\n");
}

TEST_CASE("defect: heads of one number, before and after a log was put back, had one id, and receivers dropped one") {
  AlarmWorld world;
  Receiver receiver;
  tegata::server::config::Config config;
  config.audit.heads_webhook.url = receiver.url();
  config.audit.heads_webhook.key = (world.folder / "heads-key").string();
  const auto targets = server::head_targets(config, world.clock, world.random);
  REQUIRE(targets);
  for (const auto octet : Bytes{1, 1, 2}) {
    Digest hash{};
    hash[0] = octet;
    REQUIRE((*targets)[0].send({7, hash, "{}"}));
  }
  REQUIRE(receiver.count() == 3);
  const auto id = [&](std::size_t at) { return header(receiver.headers[at], "webhook-id"); };
  CHECK(id(0).starts_with("head_7_"));
  CHECK(id(0) == id(1));
  CHECK(id(0) != id(2));
}
