// What store.h promises about batches, audit records, limits and time.
#include <atomic>
#include <fstream>
#include <thread>

#include "rp/store/engine/connection.h"
#include "rp/store/upkeep/backup.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

ErrorCode code_of_chain(World& world) {
  const auto verdict = store::audit::verify_audit(world.options);
  return verdict ? errors::internal : verdict.error().code();
}

Result<bool> unaudited(World& world) {
  return world.store->write<bool>(
      [](store::Transaction& transaction) { return end_session(transaction, digest("x")); });
}

// By a connection of its own, beside the open store.
void change_behind(World& world, const std::string& sql) {
  auto connection = tegata::store::engine::Connection::open(world.options.database,
                                                            tegata::store::engine::Connection::Mode::write, {});
  REQUIRE(connection);
  REQUIRE((*connection)->run(sql));
}

}  // namespace

TEST_CASE("a failing operation never rolls back its neighbours, and they share commits") {
  World world;
  put_samples(world);
  std::atomic<int> good{0}, bad{0};
  std::vector<std::thread> callers;
  const auto before = world.store->figures().commits;
  for (int i = 0; i < 64; ++i) {
    callers.emplace_back([&, i] {
      const auto done = world.store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
        if (i == 0) std::this_thread::sleep_for(100ms);
        transaction.audit(event("begun"));
        TEGATA_ASSIGN(const bool inserted,
                      insert_handoff(transaction, sample_enrollment("H" + std::to_string(i), transaction.now())));
        if (i % 3 == 1) return Error(errors::internal, "on purpose");
        return inserted;
      });
      ++(done ? good : bad);
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(good == 43);
  CHECK(bad == 21);
  CHECK(world.store->figures().commits - before < 64);
  for (int i = 0; i < 64; ++i) {
    const auto found = world.read<std::optional<store::Handoff>>(
        [&](tegata::store::Reader& reader) { return store::find_handoff(reader, "H" + std::to_string(i)); });
    CHECK(found.has_value() == (i % 3 != 1));
  }
  CHECK(records_of(world, "begun") == 43);
}

TEST_CASE("an effect without an audit record is rolled back") {
  World world;
  put_samples(world);
  REQUIRE(does(world, [](store::Transaction& transaction) {
    return insert_session(
        transaction,
        {digest("x"), "P1", "enrol", "card", Json::object(), transaction.now() + 1h, std::nullopt, {}, sample_basis});
  }));
  const auto done = unaudited(world);
  REQUIRE(!done);
  CHECK(done.error().code() == errors::store_unaudited);
  CHECK(world.read<std::optional<store::Session>>(
      [&](tegata::store::Reader& reader) { return store::find_session(reader, digest("x"), world.clock.now()); }));
  CHECK(world.store->write<void>([](store::Transaction& transaction) { return count(transaction, "seen", 1); }));
}

TEST_CASE("a deferred constraint fails the commit and every waiter of it") {
  World world;
  change_behind(world, "CREATE TABLE parent (id INTEGER PRIMARY KEY)");
  change_behind(world, "CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)");
  const auto done = world.store->write<std::int64_t>([](store::Transaction& transaction) {
    transaction.audit(event("orphan"));
    return transaction.connection().run("INSERT INTO child (id) VALUES (1)");
  });
  REQUIRE(!done);
  CHECK(done.error().code() == errors::store_commit_failed);
  CHECK(records_of(world, "orphan") == 0);
}

TEST_CASE("32 threads claim one hand-off, 200 times: exactly one wins") {
  World world;
  put_samples(world);
  std::vector<std::atomic<int>> wins(200);
  for (int i = 0; i < 200; ++i) {
    world.write<bool>([&](store::Transaction& transaction) {
      return insert_handoff(transaction, sample_enrollment("H" + std::to_string(i), transaction.now()));
    });
  }
  std::vector<std::thread> phones;
  for (int t = 0; t < 32; ++t) {
    phones.emplace_back([&, t] {
      for (std::size_t i = 0; i < wins.size(); ++i) {
        const auto won = world.store->write<bool>([&](store::Transaction& transaction) {
          transaction.audit(event("claim"));
          store::Change change;
          change.owner = digest(std::to_string(t));
          return advance(transaction, handoff::Kind::enrollment, "H" + std::to_string(i), handoff::Event::claim, {},
                         change);
        });
        if (won && *won) ++wins[i];
      }
    });
  }
  for (auto& phone : phones) phone.join();
  for (const auto& won : wins) REQUIRE(won == 1);
}

TEST_CASE("refusals stand beside a rollback, a sample of many") {
  World world([](tegata::store::Options& options) { options.unproven_per_minute = 3; });
  for (int i = 0; i < 10; ++i) {
    const auto done = world.store->write<void>([](store::Transaction& transaction) -> Status {
      transaction.audit_refusal(refusal("wrong", "192.0.2.1"));
      return Error(errors::internal, "refused");
    });
    CHECK(!done);
  }
  CHECK(records_of(world, "refused") == 2);
  world.clock.advance(61s);
  world.write<void>([](store::Transaction&) { return Status(); });
  CHECK(records_of(world, "records_left_out") == 1);
  const auto last = world.read<std::vector<tegata::store::audit::AuditRecord>>(
      [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 3, 1); });
  CHECK(last.at(0).event.details["count"] == 8);
}

TEST_CASE("a clock that is behind what was committed refuses writes") {
  World world;
  put_samples(world);
  world.clock.advance(-6s);
  const auto done = world.store->write<void>([](store::Transaction&) { return Status(); });
  REQUIRE(!done);
  CHECK(done.error().code() == errors::store_clock_behind);
  CHECK(world.store->ready().error().code() == errors::store_clock_behind);
  world.clock.advance(2s);
  CHECK(world.store->ready());
  CHECK(unaudited(world));
}

TEST_CASE("defect: a running server signed over a chain that was cut or written anew behind it") {
  World world;
  for (int i = 0; i < 5; ++i) world.write<void>([](store::Transaction&) { return Status(); });
  SECTION("cut") { change_behind(world, "DELETE FROM audit WHERE number = 5"); }
  SECTION("cut by more") { change_behind(world, "DELETE FROM audit WHERE number > 2"); }
  SECTION("written anew") { change_behind(world, "UPDATE audit SET hash = zeroblob(32) WHERE number = 5"); }
  const auto done = world.store->write<void>([](store::Transaction& transaction) -> Status {
    transaction.audit(event("after"));
    return {};
  });
  REQUIRE(!done);
  CHECK(done.error().code() == errors::store_audit_stopped);
  CHECK(code_of_chain(world) == errors::store_audit_broken);
}

TEST_CASE("defect: database and backup could be read by every user of the machine") {
  namespace fs = std::filesystem;
  World world;
  world.write<void>([](store::Transaction&) { return Status(); });
  const auto copy = world.folder.file("copy.db");
  REQUIRE(store::upkeep::backup(world.options, copy));
  for (const auto& file : {world.options.database, world.options.database + "-wal", copy}) {
    INFO(file);
    CHECK((fs::status(file).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  }
}

TEST_CASE("defect: a backup that was killed made the next one fail") {
  World world;
  world.write<void>([](store::Transaction&) { return Status(); });
  const auto copy = world.folder.file("copy.db");
  for (const char* left : {".part", ".part.audit-head", ".part-wal"}) std::ofstream(copy + left) << "half";
  REQUIRE(store::upkeep::backup(world.options, copy));
  CHECK_FALSE(std::filesystem::exists(copy + ".part"));
}

TEST_CASE("every change to the chain or its head is found out") {
  World world;
  for (int i = 0; i < 5; ++i) world.write<void>([](store::Transaction&) { return Status(); });
  world.close();
  REQUIRE(store::audit::verify_audit(world.options));
  const std::string field =
      GENERATE("at = at + 1", "kind = 'x'", "actor = 'x'", "subject = 'x'", "code = 'x'", "details = '{ }'",
               "request_id = 'x'", "previous = x'00'", "hash = x'00'", "number = 9");
  SECTION("a field of a record") { change_behind(world, "UPDATE audit SET " + field + " WHERE number = 3"); }
  SECTION("a record is missing") { change_behind(world, "DELETE FROM audit WHERE number = 3"); }
  SECTION("the last record is cut off") {
    change_behind(world, "DELETE FROM audit WHERE number = 5");
    const auto opened = store::Store::open(world.options, world.clock);
    REQUIRE(!opened);
    CHECK(opened.error().code() == errors::store_audit_stopped);
  }
  SECTION("the head of another database") {
    World other;
    other.write<void>([](store::Transaction& transaction) -> Status {
      transaction.audit(event("other"));
      return {};
    });
    other.close();
    std::filesystem::copy_file(other.options.database + ".audit-head", world.options.database + ".audit-head",
                               std::filesystem::copy_options::overwrite_existing);
    CHECK(code_of_chain(world) == errors::store_audit_broken);  // signed by another key
    // And with that key: right signature, wrong hash.
    std::filesystem::copy_file(other.options.audit_key, world.options.audit_key,
                               std::filesystem::copy_options::overwrite_existing);
  }
  SECTION("the head is removed") { std::filesystem::remove(world.options.database + ".audit-head"); }
  SECTION("the head is signed by nobody") {
    std::ofstream(world.options.database + ".audit-head") << R"({"count":5,"hash":"00","signature":"AA"})";
  }
  CHECK(code_of_chain(world) == errors::store_audit_broken);
}
