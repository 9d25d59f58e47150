// The outbox: in order, at least once, and nothing lost where a channel fails.
#include "rp/server/notices/notices.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <set>

#include "rp/server/config/errors.h"
#include "rp/server/running/system.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

struct Outbox {
  Outbox() : folder(std::filesystem::temp_directory_path() / ("tegata-notices-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    tegata::store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    auto opened = test::open_store(options, clock, random);
    REQUIRE(opened);
    store = std::move(*opened);
  }
  ~Outbox() {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  void put(const std::string& kind) {
    REQUIRE(store->write<void>([&](store::Transaction& transaction) -> Status {
      transaction.audit({"test", "system", "test", "", Json::object(), "", ""});
      return store::put_notice(transaction, kind, "AB123456789", {{"label", "iPhone"}});
    }));
  }
  void open(const std::string& channel) {
    REQUIRE(store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
      transaction.audit({"test", "system", "test", "", Json::object(), "", ""});
      return store::open_channel(transaction, channel);
    }));
  }
  std::int64_t place(const std::string& channel) {
    const auto found = store->read<std::optional<std::int64_t>>(
        [&](tegata::store::Reader& reader) { return store::find_channel(reader, channel); });
    REQUIRE(found);
    REQUIRE(*found);
    return **found;
  }
  std::filesystem::path folder;
  StillClock clock;
  RepeatableRandom random;
  std::unique_ptr<store::Store> store;
};

// Takes down what comes, and fails when it is told to.
struct Recorder {
  std::vector<std::int64_t> numbers;
  int failures = 0;
  tegata::server::notices::NoticeChannel channel() {
    return {"test", [this](const store::Notice& notice) -> Status {
              if (failures > 0 && failures-- > 0) return Error(errors::notice_undeliverable, "told to");
              numbers.push_back(notice.number);
              return {};
            }};
  }
};

}  // namespace

TEST_CASE("a channel delivers in order, from where it stands") {
  Outbox outbox;
  outbox.put("phone_added");  // before the channel was there
  outbox.open("test");
  for (int i = 0; i < 5; ++i) outbox.put("phone_added");
  Recorder recorder;
  CHECK(*tegata::server::notices::deliver_waiting(*outbox.store, recorder.channel(), 3) == 3);
  CHECK(*tegata::server::notices::deliver_waiting(*outbox.store, recorder.channel(), 3) == 2);
  CHECK(*tegata::server::notices::deliver_waiting(*outbox.store, recorder.channel(), 3) == 0);
  CHECK(recorder.numbers == std::vector<std::int64_t>{2, 3, 4, 5, 6});
  CHECK(outbox.place("test") == 6);
  outbox.open("test");  // again: it stays
  CHECK(outbox.place("test") == 6);
}

TEST_CASE("a failure keeps the notice and those behind it; what got through before it is noted") {
  Outbox outbox;
  outbox.open("test");
  for (int i = 0; i < 3; ++i) outbox.put("phone_removed");
  Recorder recorder;
  auto channel = recorder.channel();
  const auto deliver = channel.deliver;
  channel.deliver = [&](const store::Notice& notice) -> Status {
    if (notice.number == 2 && recorder.failures++ == 0) return Error(errors::notice_undeliverable, "once");
    recorder.numbers.push_back(notice.number);
    return {};
  };
  const auto refused = tegata::server::notices::deliver_waiting(*outbox.store, channel);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::notice_undeliverable);
  CHECK(outbox.place("test") == 1);
  CHECK(*tegata::server::notices::deliver_waiting(*outbox.store, channel) == 2);
  CHECK(recorder.numbers == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("defect: a notice's file could be read by others, and whoever was there first got it written into his own") {
  Outbox outbox;
  tegata::server::config::Config config;
  config.notices.log = false;
  config.notices.folder = (outbox.folder / "made" / "notices").string();
  config.notices.smtp.people = false;
  const tegata::server::running::Log log(outbox.clock, -1);
  const auto channels = tegata::server::notices::make_channels(config, outbox.clock, outbox.random, log);
  REQUIRE(channels);
  REQUIRE(channels->size() == 1);
  using std::filesystem::perms;
  const std::filesystem::path drop = config.notices.folder;
  CHECK(std::filesystem::status(drop).permissions() == perms::owner_all);
  // What lies in the place of the half-written file is not written into.
  const auto name = "000000000001-phone_added.json";
  const auto elsewhere = outbox.folder / "elsewhere";
  std::ofstream(elsewhere) << "theirs";
  for (const char* half : {".part", ".new-"}) {
    const auto place = name + std::string(half) + (half == std::string(".part") ? "" : std::to_string(::getpid()));
    std::filesystem::create_symlink(elsewhere, drop / place);
  }
  store::Notice notice;
  notice.number = 1;
  notice.kind = "phone_added";
  REQUIRE(channels->front().deliver(notice));
  CHECK(std::filesystem::status(drop / name).permissions() == (perms::owner_read | perms::owner_write));
  CHECK_FALSE(std::filesystem::is_symlink(drop / name));
  std::ostringstream text;
  text << std::ifstream(elsewhere).rdbuf();
  CHECK(text.str() == "theirs");
}

TEST_CASE("the worker retries by itself and carries everything into the folder") {
  Outbox outbox;
  const tegata::server::running::Log log(outbox.clock, -1);
  tegata::server::running::Vitals vitals(outbox.clock);
  const auto drop = outbox.folder / "drop";
  std::filesystem::create_directories(drop);
  std::atomic<int> failures{1};
  auto channel = tegata::server::notices::folder_channel(drop.string());
  const auto deliver = channel.deliver;
  channel.deliver = [&](const store::Notice& notice) -> Status {
    if (failures-- > 0) return Error(errors::notice_undeliverable, "once");
    return deliver(notice);
  };
  auto worker = tegata::server::notices::NoticeWorker::start(*outbox.store, {channel}, vitals, log);
  REQUIRE(worker);
  outbox.put("phone_added");
  outbox.put("phone_removed");
  const auto last = drop / "000000000002-phone_removed.json";
  for (int i = 0; i < 200 && !std::filesystem::exists(last); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  REQUIRE(std::filesystem::exists(last));
  std::ostringstream text;
  text << std::ifstream(drop / "000000000001-phone_added.json").rdbuf();
  const auto notice = parse_json(text.str());
  REQUIRE(notice);
  CHECK((*notice)["practitioner_id"] == "AB123456789");
  CHECK((*notice)["details"]["label"] == "iPhone");
  for (int i = 0; i < 100 && outbox.place("folder") < 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto figures = (*worker)->figures();
  CHECK(figures.find("tegata_notices_waiting{channel=\"folder\"} 0") != std::string::npos);
  CHECK(figures.find("tegata_notices_failed_total{channel=\"folder\"} 1") != std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(drop)) CHECK(entry.path().extension() == ".json");
}

TEST_CASE("a channel that hangs holds up no other, and the worker ends all the same") {
  Outbox outbox;
  const tegata::server::running::Log log(outbox.clock, -1);
  tegata::server::running::Vitals vitals(outbox.clock);
  std::mutex mutex;
  std::condition_variable let_go;
  bool free = false;
  Recorder recorder;
  tegata::server::notices::NoticeChannel hanging{"hanging", [&](const store::Notice&) -> Status {
                                                   std::unique_lock lock(mutex);
                                                   let_go.wait(lock, [&] { return free; });
                                                   return {};
                                                 }};
  auto worker = tegata::server::notices::NoticeWorker::start(*outbox.store, {hanging, recorder.channel()}, vitals, log);
  REQUIRE(worker);
  for (int i = 0; i < 3; ++i) outbox.put("phone_added");
  for (int i = 0; i < 200 && outbox.place("test") < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(outbox.place("test") == 3);
  CHECK(outbox.place("hanging") == 0);
  {
    const std::lock_guard lock(mutex);
    free = true;
  }
  let_go.notify_all();
  worker->reset();
  CHECK(recorder.numbers == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("a webhook that nobody answers, and a folder that is not there, are refused by name") {
  const store::Notice notice{1, {}, "phone_added", "AB123456789", Json::object()};
  const StillClock clock;
  const auto hook = tegata::server::notices::webhook_channel(
                        tegata::server::notices::Webhook("http://127.0.0.1:1/tegata", "", Bytes(32), clock))
                        .deliver(notice);
  REQUIRE_FALSE(hook);
  CHECK(hook.error().code() == errors::notice_undeliverable);
  const auto folder = tegata::server::notices::folder_channel("/nonexistent/tegata").deliver(notice);
  REQUIRE_FALSE(folder);
  CHECK(folder.error().code() == errors::notice_undeliverable);
}
