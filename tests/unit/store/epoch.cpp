// By what a start knows a database that was put back, and how a restore takes its place.
#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "rp/store/audit/chain.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/audit/heads.h"
#include "rp/store/engine/connection.h"
#include "rp/store/upkeep/audit_acceptance.h"
#include "rp/store/upkeep/backup.h"
#include "rp/store/upkeep/restore.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

void write_more(World& world, int count = 3) {
  for (int i = 0; i < count; ++i) {
    world.clock.advance(1s);
    world.write<void>([](store::Transaction&) { return Status(); });
  }
}

// As a server does each minute.
void refresh_epoch(World& world) {
  const auto lines = store::audit::HeadLines::open(world.options);
  REQUIRE(lines);
  const auto line = (*lines)->read(world.clock.now());
  REQUIRE(line);
  REQUIRE(store::audit::write_epoch(store::engine::epoch_path(world.options), line->text));
}

// Database and head, as somebody copies them by hand.
void copy_by_hand(const std::string& from, const std::string& to) {
  for (const char* tail : {"", ".audit-head"})
    fs::copy_file(from + tail, to + tail, fs::copy_options::overwrite_existing);
}

// Gives the name of a copy that is older than the world, which is closed, and than its epoch.
std::string keep_and_go_on(World& world) {
  const auto kept = world.folder.file("kept");
  write_more(world);
  world.close();
  copy_by_hand(world.options.database, kept);
  world.reopen();
  write_more(world);
  refresh_epoch(world);
  world.close();
  return kept;
}

std::string code_of_open(World& world) {
  auto opened = store::Store::open(world.options, world.clock);
  const auto looked = store::Store::look(world.options, world.clock);
  CHECK(opened.has_value() == looked.has_value());
  return opened ? "good" : std::string(opened.error().code().name());
}

std::string detail_of_open(World& world) {
  const auto opened = store::Store::open(world.options, world.clock);
  return opened ? "" : opened.error().detail();
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

store::upkeep::RestoreOrder order_from(const std::string& from) {
  store::upkeep::RestoreOrder out;
  out.from = from;
  out.actor = "operator:test";
  out.reason = "disk lost";
  return out;
}

Result<store::upkeep::Restored> restore_from(World& world, const std::string& from) {
  return store::upkeep::restore(world.options, world.clock, order_from(from));
}

void change_rows(const World& world, const char* sql) {
  auto opened = store::engine::Connection::open(world.options.database, store::engine::Connection::Mode::write, {});
  REQUIRE(opened);
  REQUIRE((*opened)->script(sql));
}

Result<store::audit::AcceptedStretch> accept_all(World& world) {
  return store::upkeep::accept_audit(world.options, world.clock, world.random, {"operator:test", "incident 12", false});
}

// Over `text`, in place of what is there.
void put_signed_head(const World& world, const store::audit::ChainTail& tail, const std::string& text) {
  const auto key = store::audit::AuditKey::load(world.options.audit_key);
  REQUIRE(key);
  const auto signature =
      base64url((*key)->sign(text + "\n" + std::to_string(tail.count) + "\n" + hex(tail.hash) + "\n"));
  auto slot = dump_json(Json{{"count", tail.count}, {"hash", hex(tail.hash)}, {"signature", signature}});
  slot.resize(511, ' ');
  std::ofstream(world.options.database + ".audit-head") << slot << "\n";
}

store::audit::ChainTail tail_at(const World& world, std::int64_t number) {
  auto opened = store::engine::Connection::open(world.options.database, store::engine::Connection::Mode::read, {});
  REQUIRE(opened);
  const auto hash = store::audit::find_hash(**opened, number);
  REQUIRE(hash);
  return {number, hash->value()};
}

void put_head_of(const World& world, std::int64_t number) {
  put_signed_head(world, tail_at(world, number), "tegata audit head with macs");
}

// As the version before there were MACs left it, with three records.
void make_older(const World& world) {
  const auto tail = tail_at(world, 3);
  change_rows(world,
              "DROP INDEX audit_accepted; ALTER TABLE audit DROP COLUMN mac; UPDATE schema_version SET version = 20");
  put_signed_head(world, tail, "tegata audit head");
}

// What a refusal leaves as it was: the database's content, the head, and whether there is an epoch.
std::string what_stands_there(const World& world) {
  auto opened = store::engine::Connection::open(world.options.database, store::engine::Connection::Mode::read, {});
  REQUIRE(opened);
  std::ostringstream out;
  const auto add = [&](store::engine::Row& row) { out << row.rest() << "\n"; };
  for (const char* rows : {"version FROM schema_version", "* FROM meta", "sql FROM sqlite_master WHERE name = 'audit'",
                           "number, hex(hash) FROM audit"})
    REQUIRE((*opened)->each("SELECT " + std::string(rows), {}, add));
  out << std::ifstream(world.options.database + ".audit-head").rdbuf();
  out << fs::exists(store::engine::epoch_path(world.options));
  return out.str();
}

}  // namespace

TEST_CASE("defect: database and head that were put back together started, and nothing said so") {
  World world;
  const auto kept = keep_and_go_on(world);
  CHECK(code_of_open(world) == "good");

  copy_by_hand(kept, world.options.database);
  CHECK(code_of_open(world) == "store_put_back");
  const auto detail = detail_of_open(world);
  CHECK(says(detail, world.options.database + ".epoch its log had 6 records"));
  CHECK(says(detail, "it ends at record 3 now"));
  CHECK(says(detail, "`tegata restore --reason TEXT`"));
}

TEST_CASE("an older state that went on by itself is refused too: its records are others") {
  World world;
  const auto kept = keep_and_go_on(world);
  const auto epoch = store::engine::epoch_path(world.options), aside = world.folder.file("aside");
  copy_by_hand(kept, world.options.database);
  // As if the file had been on another disk, and was not there.
  fs::rename(epoch, aside);
  CHECK(says(detail_of_open(world), epoch + " is missing"));
  CHECK(code_of_open(world) == "store_put_back");
  REQUIRE(restore_from(world, ""));
  world.reopen();
  write_more(world, 9);
  world.close();
  fs::rename(aside, epoch);
  CHECK(says(detail_of_open(world), "record 6 is another one now"));
}

TEST_CASE("a database ahead of its epoch goes on: a power cut, or commands without a server") {
  World world;
  refresh_epoch(world);
  write_more(world, 50);
  world.close();
  CHECK(code_of_open(world) == "good");
}

TEST_CASE("a database from before epochs goes on, and has one from then on") {
  World world;
  write_more(world);
  REQUIRE(world.store->read<void>([](store::Reader&) { return Status(); }));
  world.close();
  {
    auto opened = store::engine::Connection::open(world.options.database, store::engine::Connection::Mode::write, {});
    REQUIRE(opened);
    REQUIRE((*opened)->run("DELETE FROM meta WHERE name = 'is_copy'"));
  }
  fs::remove(store::engine::epoch_path(world.options));
  CHECK(code_of_open(world) == "good");
  CHECK(fs::exists(store::engine::epoch_path(world.options)));
  fs::remove(store::engine::epoch_path(world.options));
  CHECK(code_of_open(world) == "store_put_back");
}

TEST_CASE("a copy of `tegata backup` is refused where it is merely put, even where the epoch fits") {
  World world;
  write_more(world);
  refresh_epoch(world);
  const auto copy = world.folder.file("copy");
  REQUIRE(store::upkeep::backup(world.options, copy));
  world.close();
  copy_by_hand(copy, world.options.database);
  CHECK(code_of_open(world) == "store_put_back");
  CHECK(says(detail_of_open(world), "is a copy that `tegata backup` made"));
  fs::remove(store::engine::epoch_path(world.options));
  CHECK(says(detail_of_open(world), "is a copy that `tegata backup` made"));
  // Not on another machine either.
  World other;
  other.close();
  fs::remove(store::engine::epoch_path(other.options));
  fs::copy_file(world.options.audit_key, other.options.audit_key, fs::copy_options::overwrite_existing);
  copy_by_hand(copy, other.options.database);
  CHECK(code_of_open(other) == "store_put_back");
}

TEST_CASE("an epoch file that nobody signed is none") {
  World world;
  write_more(world);
  world.close();
  const auto epoch = store::engine::epoch_path(world.options);
  const auto text = [&] {
    SECTION("another number") {
      return std::string(R"({"at":"2026-11-30T00:00:00Z","count":1,"hash":")") + std::string(64, '0') +
             R"(","signature":"AA"})";
    }
    SECTION("half a line") { return std::string("{\"at\":"); }
    return std::string("x");
  }();
  std::ofstream(epoch) << text << "\n";
  CHECK(code_of_open(world) == "store_put_back");
  CHECK(says(detail_of_open(world), "no right signature"));
}

TEST_CASE("the epoch lies where the settings say") {
  World world([](store::Options& options) { options.epoch_file = options.database + ".elsewhere"; });
  CHECK(fs::exists(world.options.epoch_file));
  CHECK_FALSE(fs::exists(world.options.database + ".epoch"));
}

TEST_CASE("what was accepted across the epoch's record is accepted by the start too") {
  World world;
  write_more(world, 5);
  refresh_epoch(world);
  world.close();
  change_rows(world, "UPDATE audit SET actor = 'x' WHERE number = 5");
  CHECK(code_of_open(world) == "store_audit_stopped");
  REQUIRE(accept_all(world));
  CHECK(code_of_open(world) == "good");
}

TEST_CASE("defect: `tegata audit accept` took an older database into use, and no restore ended what it held") {
  World world;
  const auto kept = keep_and_go_on(world);
  fs::copy_file(kept, world.options.database, fs::copy_options::overwrite_existing);
  CHECK(code_of_open(world) == "store_put_back");
  CHECK(says(detail_of_open(world), "it ends at record 3 now"));
  CHECK(says(detail_of_open(world), "`tegata restore --reason TEXT`"));
  const auto refused = accept_all(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_put_back);
  CHECK(refused.error().detail() == detail_of_open(world));
  CHECK(code_of_open(world) == "store_put_back");
  REQUIRE(restore_from(world, ""));
  CHECK(code_of_open(world) == "good");
}

TEST_CASE("defect: `tegata audit accept` took an older database that had gone on by itself, as far as ours had") {
  World world;
  const auto kept = keep_and_go_on(world), ours = world.folder.file("ours");
  const auto epoch = store::engine::epoch_path(world.options), aside = world.folder.file("aside");
  copy_by_hand(world.options.database, ours);
  copy_by_hand(kept, world.options.database);
  change_rows(world, "DELETE FROM meta WHERE name = 'is_copy'");
  fs::rename(epoch, aside);
  world.clock.advance(1h);
  world.reopen();
  write_more(world);
  world.close();
  fs::rename(aside, epoch);
  fs::copy_file(ours + ".audit-head", world.options.database + ".audit-head", fs::copy_options::overwrite_existing);
  const auto refused = accept_all(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_put_back);
  CHECK(says(refused.error().detail(), "record 6 is another one now: an older state was put there"));
  REQUIRE(restore_from(world, ""));
  CHECK(code_of_open(world) == "good");
}

TEST_CASE("a log that was altered and ends before its epoch is accepted without the epoch, and restored then") {
  World world;
  write_more(world, 5);
  refresh_epoch(world);
  world.close();
  change_rows(world, "DELETE FROM audit WHERE number > 3; UPDATE audit SET actor = 'x' WHERE number = 2");
  const auto refused = accept_all(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_put_back);
  CHECK(says(refused.error().detail(), "docs/operations.md"));
  CHECK(restore_from(world, "").error().code() == errors::store_audit_broken);
  fs::rename(store::engine::epoch_path(world.options), world.folder.file("aside"));
  REQUIRE(accept_all(world));
  CHECK(code_of_open(world) == "store_put_back");
  REQUIRE(restore_from(world, ""));
  CHECK(code_of_open(world) == "good");
}

TEST_CASE("defect: a start that refused a database had brought it up to date and signed it before") {
  World world;
  const auto kept = keep_and_go_on(world);
  copy_by_hand(kept, world.options.database);
  std::string code = "store_put_back";
  SECTION("an older state of an older version") { make_older(world); }
  SECTION("a copy that was merely put there, of an older version") {
    change_rows(world, "UPDATE meta SET value = 1 WHERE name = 'is_copy'");
    make_older(world);
  }
  SECTION("one that was altered, of an older version") {
    fs::remove(store::engine::epoch_path(world.options));
    change_rows(world, "UPDATE audit SET actor = 'x' WHERE number = 2; DELETE FROM meta WHERE name = 'is_copy'");
    make_older(world);
    code = "store_audit_stopped";
  }
  SECTION("an older state that its head does not reach") { put_head_of(world, 2); }
  const auto before = what_stands_there(world);
  CHECK(code_of_open(world) == code);
  CHECK(what_stands_there(world) == before);
}

TEST_CASE("a restore that is ended between any two steps leaves the old state, or a refusal that says what to do") {
  const auto steps_done = GENERATE(0U, 1U, 2U, 3U, 4U, 5U);
  World world;
  write_more(world);
  const auto copy = world.folder.file("copy");
  REQUIRE(store::upkeep::backup(world.options, copy));
  write_more(world);
  refresh_epoch(world);
  world.close();

  // What a restore prepares: made by one in a place of its own.
  World elsewhere;
  elsewhere.close();
  const auto other = elsewhere.options.database;
  fs::copy_file(world.options.audit_key, elsewhere.options.audit_key, fs::copy_options::overwrite_existing);
  elsewhere.clock.advance(1h);
  REQUIRE(restore_from(elsewhere, copy));
  const auto part = store::audit::part_of_restore(world.options.database);
  copy_by_hand(other, part);
  std::string epoch;
  std::getline(std::ifstream(other + ".epoch") >> std::ws, epoch);

  const store::upkeep::Placing placing{world.options, world.options.database + ".before-restore-1", epoch};
  const auto steps = store::upkeep::placing_steps(placing);
  REQUIRE(steps.size() == 5);
  for (unsigned i = 0; i < steps_done; ++i) REQUIRE(steps[i]());

  world.clock.advance(2h);
  if (steps_done < 3 || steps_done == 5) {
    CHECK(code_of_open(world) == "good");
  } else {
    CHECK(code_of_open(world) != "good");
    CHECK(says(detail_of_open(world), "a restore was interrupted before it was done: run `tegata restore` again"));
  }
  // The old one is there under one name or both, until the end.
  const auto old_name = steps_done == 5 ? placing.kept : world.options.database;
  store::Options old = world.options;
  old.database = old_name;
  if (steps_done < 3 || steps_done == 5) CHECK(store::audit::verify_audit(old)->records == 6);

  REQUIRE(restore_from(world, copy));
  CHECK(code_of_open(world) == "good");
  CHECK_FALSE(fs::exists(part));
}

TEST_CASE("defect: two backups to one name at once destroyed each other's files") {
  World world;
  write_more(world, 40);
  const auto to = world.folder.file("copy");
  std::atomic<int> good = 0, refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto made = store::upkeep::backup(world.options, to);
        if (made) ++good;
        if (!made && made.error().code() == errors::store_backup_failed) ++refused;
      });
    }
  }
  CHECK(good == 1);
  CHECK(refused == 3);
  store::Options copy = world.options;
  copy.database = to;
  const auto verdict = store::audit::verify_audit(copy);
  REQUIRE(verdict);
  CHECK(verdict->records == 40);
  for (const auto& each : fs::directory_iterator(fs::path(to).parent_path()))
    CHECK(each.path().string().find(".part") == std::string::npos);
}

}  // namespace tegata::test
