// What the store says when it cannot: busy, unavailable, newer, broken.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "rp/host/errors.h"
#include "rp/store/engine/connection.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

// Holds the writer thread inside an operation until let go.
class Blocker {
 public:
  explicit Blocker(store::Store& store)
      : outcome_(std::async(std::launch::async, [this, &store] {
          return store.write<void>([this](store::Transaction&) -> Status {
            begun_.set_value();
            go_.get_future().wait();
            return {};
          });
        })) {
    begun_.get_future().wait();
  }
  ~Blocker() {
    if (outcome_.valid()) go_.set_value();
  }
  Blocker(const Blocker&) = delete;
  Blocker& operator=(const Blocker&) = delete;
  Status let_go() {
    go_.set_value();
    return outcome_.get();
  }

 private:
  std::promise<void> begun_, go_;
  std::future<Status> outcome_;
};

Status write_event(store::Store& store, const std::string& kind) {
  return store.write<void>([&](store::Transaction& transaction) -> Status {
    transaction.audit(event(kind));
    return {};
  });
}

ErrorCode code_at_open(World& world) {
  auto opened = store::Store::open(world.options, world.clock);
  REQUIRE(!opened);
  return opened.error().code();
}

void wait_until_queued(store::Store& store, std::uint64_t wanted) {
  for (int i = 0; i < 2000 && store.figures().queued < wanted; ++i) std::this_thread::sleep_for(5ms);
  REQUIRE(store.figures().queued == wanted);
}

// Puts another descriptor where the store holds that of its head file.
void replace_head_descriptor(const World& world, int flags) {
  const auto path = std::filesystem::canonical(world.options.database + ".audit-head");
  int replaced = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry, ignored) != path) continue;
    const int other = ::open(path.c_str(), flags | O_CLOEXEC);
    REQUIRE(other >= 0);
    REQUIRE(::dup3(other, std::stoi(entry.path().filename()), O_CLOEXEC) >= 0);
    ::close(other);
    ++replaced;
    break;
  }
  REQUIRE(replaced == 1);
}

}  // namespace

TEST_CASE("a full queue refuses the next operation at once, and runs what it has") {
  World world([](tegata::store::Options& options) { options.queue = 2; });
  Blocker blocker(*world.store);
  std::vector<std::future<Status>> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(std::async(std::launch::async, [&] { return write_event(*world.store, "waited"); }));
  }
  wait_until_queued(*world.store, 2);
  const auto refused = write_event(*world.store, "refused");
  REQUIRE(!refused);
  CHECK(refused.error().code() == errors::store_busy);
  CHECK(blocker.let_go());
  for (auto& one : waiting) CHECK(one.get());
  CHECK(records_of(world, "waited") == 2);
  CHECK(records_of(world, "refused") == 0);
}

TEST_CASE("an operation that did not begin within the patience never runs") {
  World world([](tegata::store::Options& options) { options.patience = 500ms; });
  Blocker blocker(*world.store);
  std::atomic<bool> ran{false};
  const auto late = world.store->write<void>([&](store::Transaction&) -> Status {
    ran = true;
    return {};
  });
  REQUIRE(!late);
  CHECK(late.error().code() == errors::store_busy);
  CHECK(world.store->figures().queued == 0);
  CHECK(blocker.let_go());  // this one had begun: it learns its true outcome, however late
  CHECK(write_event(*world.store, "next"));
  CHECK(!ran);
}

TEST_CASE("a write inside a write is refused rather than waiting for itself") {
  World world;
  const auto outer =
      world.store->write<void>([&](store::Transaction&) -> Status { return write_event(*world.store, "inner"); });
  REQUIRE(!outer);
  CHECK(outer.error().code() == errors::store_busy);
  CHECK(records_of(world, "inner") == 0);
}

TEST_CASE("another process that holds the database keeps operations from beginning") {
  World world([](tegata::store::Options& options) { options.patience = 500ms; });
  auto other = tegata::store::engine::Connection::open(world.options.database,
                                                       tegata::store::engine::Connection::Mode::write, {});
  REQUIRE(other);
  REQUIRE((*other)->run("BEGIN IMMEDIATE"));
  const auto refused = write_event(*world.store, "refused");
  REQUIRE(!refused);
  CHECK(refused.error().code() == errors::store_busy);
  REQUIRE((*other)->run("ROLLBACK"));
  CHECK(write_event(*world.store, "next"));
  CHECK(records_of(world, "refused") == 0);
}

TEST_CASE("a reader that finds every connection in use gives up after the patience") {
  World world([](tegata::store::Options& options) { options.readers = 1, options.patience = 500ms; });
  std::optional<ErrorCode> inner;
  const auto outer = world.store->read<int>([&](tegata::store::Reader&) -> Result<int> {
    const auto second = world.store->read<int>([](tegata::store::Reader&) -> Result<int> { return 2; });
    if (!second) inner = second.error().code();
    return 1;
  });
  REQUIRE(outer);
  REQUIRE(inner);
  CHECK(*inner == errors::store_busy);
  CHECK(world.store->read<int>([](tegata::store::Reader&) -> Result<int> { return 3; }) == 3);
}

TEST_CASE("what an operation throws ends with it") {
  World world;
  put_samples(world);
  const auto thrown = world.store->write<bool>([](store::Transaction& transaction) -> Result<bool> {
    transaction.audit(event("thrown"));
    TEGATA_TRY(insert_handoff(transaction, sample_enrollment("E1", transaction.now())));
    throw std::runtime_error("on purpose");
  });
  REQUIRE(!thrown);
  CHECK(thrown.error().code() == errors::internal);
  CHECK(records_of(world, "thrown") == 0);
  CHECK(!world.read<std::optional<store::Handoff>>(
      [](tegata::store::Reader& r) { return store::find_handoff(r, "E1"); }));
  for (int i = 0; i < 8; ++i) {  // more often than there are connections to lose
    const auto read =
        world.store->read<int>([](tegata::store::Reader&) -> Result<int> { throw std::runtime_error("too"); });
    REQUIRE(!read);
    CHECK(read.error().code() == errors::internal);
  }
  CHECK(write_event(*world.store, "next"));
}

TEST_CASE("a reader cannot write") {
  World world;
  put_samples(world);
  const auto done = world.store->read<std::int64_t>(
      [](tegata::store::Reader& reader) { return reader.connection().run("DELETE FROM practitioner"); });
  CHECK(!done);
  CHECK(
      world
          .read<std::vector<store::Practitioner>>([](tegata::store::Reader& r) { return store::list_practitioners(r); })
          .size() == 2);
}

TEST_CASE("writer_gone_under_waking_callers: a store closes only after everybody was told") {
  for (int round = 0; round < 20; ++round) {
    World world;
    Blocker blocker(*world.store);
    std::vector<std::future<Status>> waiting;
    for (int i = 0; i < 16; ++i) {
      waiting.push_back(std::async(std::launch::async, [&store = *world.store] { return write_event(store, "kept"); }));
    }
    wait_until_queued(*world.store, 16);
    auto closing = std::async(std::launch::async, [&] { world.close(); });
    CHECK(blocker.let_go());
    for (auto& one : waiting) CHECK(one.get());
    closing.get();
    world.reopen();
    CHECK(records_of(world, "kept") == 16);
  }
}

TEST_CASE("a database of a newer program is left alone") {
  World world;
  world.close();
  auto connection = tegata::store::engine::Connection::open(world.options.database,
                                                            tegata::store::engine::Connection::Mode::write, {});
  REQUIRE((*connection)->run("UPDATE schema_version SET version = version + 1"));
  CHECK(code_at_open(world) == errors::store_schema_newer);
  CHECK(code_at_open(world) == errors::store_schema_newer);
  REQUIRE((*connection)->run("UPDATE schema_version SET version = version - 1"));
  world.reopen();
}

TEST_CASE("a store that cannot be opened says why") {
  World world;
  put_samples(world);
  world.close();
  const auto head = world.options.database + ".audit-head";
  SECTION("no such folder") {
    world.options.database = world.folder.file("missing/tegata.db");
    CHECK(code_at_open(world) == errors::store_absent);
  }
  SECTION("not a database") {
    std::ofstream(world.options.database) << std::string(4096, 'x');
    CHECK(code_at_open(world) == errors::store_damaged);
  }
  SECTION("the head is a folder") {
    std::filesystem::remove(head);
    std::filesystem::create_directory(head);
    CHECK(code_at_open(world) == errors::file_unreadable);
  }
  SECTION("the head is missing") {
    std::filesystem::remove(head);
    CHECK(code_at_open(world) == errors::store_audit_stopped);
  }
  SECTION("the key is missing") {
    std::filesystem::remove(world.options.audit_key);
    CHECK(code_at_open(world) == errors::store_audit_broken);
    CHECK(!std::filesystem::exists(world.options.audit_key));
  }
  SECTION("the key is none") {
    std::ofstream(world.options.audit_key) << "no key";
    CHECK(code_at_open(world) == errors::store_audit_broken);
  }
}

TEST_CASE("the audit key is made for its owner's eyes alone") {
  World world;
  struct stat found {};
  REQUIRE(::stat(world.options.audit_key.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("while the head cannot be written nothing new is done, and afterwards it vouches for all") {
  World world;
  put_samples(world);
  replace_head_descriptor(world, O_RDONLY);
  const auto unknown = write_event(*world.store, "unknown");  // committed, but nobody vouches for it
  REQUIRE(!unknown);
  CHECK(unknown.error().code() == errors::store_unavailable);
  CHECK(world.store->ready().error().code() == errors::store_unavailable);
  std::atomic<bool> ran{false};
  const auto refused = world.store->write<void>([&](store::Transaction& transaction) -> Status {
    ran = true;
    transaction.audit(event("refused"));
    return {};
  });
  REQUIRE(!refused);
  CHECK(refused.error().code() == errors::store_unavailable);
  CHECK(!ran);
  replace_head_descriptor(world, O_RDWR);
  CHECK(write_event(*world.store, "next"));
  CHECK(world.store->ready());
  CHECK(records_of(world, "refused") == 0);
  CHECK(records_of(world, "next") == 1);
  world.close();
  const auto verdict = store::audit::verify_audit(world.options);
  REQUIRE(verdict);
  CHECK(verdict->signed_records == verdict->records);
}

TEST_CASE("two stores on one database write one chain") {
  World world;
  auto second = store::Store::open(world.options, world.clock);
  REQUIRE(second);
  std::vector<std::thread> callers;
  std::atomic<int> done{0};
  for (auto* one : {world.store.get(), second->get()}) {
    callers.emplace_back([&done, one] {
      for (int i = 0; i < 50; ++i) done += write_event(*one, "written").has_value();
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(done == 100);
  second->reset();
  world.close();
  const auto verdict = store::audit::verify_audit(world.options);
  INFO((verdict ? std::string() : verdict.error().detail()));
  REQUIRE(verdict);
  CHECK(verdict->records == 100);
  CHECK(verdict->signed_records == 100);
}
