// A store whose log somebody added to, or that comes from before there were MACs; and heads that are kept elsewhere.
#include <fstream>

#include "rp/store/audit/head.h"
#include "rp/store/audit/heads.h"
#include "rp/store/engine/connection.h"
#include "rp/store/upkeep/acknowledgement.h"
#include "rp/store/upkeep/audit_acceptance.h"
#include "rp/store/upkeep/backup.h"
#include "rp/store/upkeep/purge.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<store::engine::Connection> beside(const World& world) {
  auto opened = store::engine::Connection::open(world.options.database, store::engine::Connection::Mode::write, {});
  REQUIRE(opened);
  return std::move(*opened);
}

void alter(const World& world, const std::string& sql) {
  const auto done = beside(world)->script(sql.c_str());
  INFO(sql << ": " << (done ? "" : done.error().detail()));
  REQUIRE(done);
}

// A record with a right hash and the MAC of the one before.
void add_forged(World& world) {
  const auto connection = beside(world);
  const auto tail = store::audit::read_tail(*connection);
  const auto key = store::audit::AuditKey::load(world.options.audit_key);
  REQUIRE(tail);
  REQUIRE(key);
  REQUIRE(store::audit::append(*connection, **key, *tail, world.clock.now(), event("activation_approved")));
  alter(world, "UPDATE audit SET mac = (SELECT mac FROM audit WHERE number = " + std::to_string(tail->count) +
                   ") WHERE number = " + std::to_string(tail->count + 1));
}

void write_records(World& world, int count) {
  for (int i = 0; i < count; ++i) {
    world.clock.advance(1s);
    world.write<void>([](store::Transaction&) { return Status(); });
  }
}

Status write_again(World& world) {
  return world.store->write<void>([](store::Transaction& transaction) -> Status {
    transaction.audit(event("after"));
    return {};
  });
}

std::string what_is_wrong(const World& world) {
  const auto verdict = store::audit::verify_audit(world.options);
  return verdict ? "nothing" : verdict.error().detail();
}

store::audit::AcceptedStretch accept(World& world) {
  const auto accepted =
      store::upkeep::accept_audit(world.options, world.clock, world.random, {"operator:test", "seen", false});
  INFO((accepted ? std::string() : accepted.error().detail()));
  REQUIRE(accepted);
  return *accepted;
}

void refuses_to_write(World& world, const std::string& why) {
  const auto refused = write_again(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_audit_stopped);
  CHECK(refused.error().detail().starts_with(why + ": nothing is written until"));
  CHECK(refused.error().detail().find("tegata audit accept --reason") != std::string::npos);
}

}  // namespace

TEST_CASE("the keys of RFC 5869, test case 3") {
  const Bytes secret(22, 0x0b);
  CHECK(hex(store::audit::hkdf_sha256(secret, "")) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST_CASE("defect: a record that was added by SQL was signed with the next write of a running server") {
  World world;
  write_records(world, 5);
  add_forged(world);
  refuses_to_write(world, "record 6 has no right MAC");
  CHECK(world.store->ready().error().code() == errors::store_audit_stopped);
  CHECK(world.store->verify_log().error().code() == errors::store_audit_stopped);
  CHECK(records_of(world, "test") == 5);  // reading goes on
  refuses_to_write(world, "record 6 has no right MAC");
  const auto opened = store::Store::open(world.options, world.clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == errors::store_audit_stopped);

  CHECK(what_is_wrong(world) == "record 6 has no right MAC");
  const auto accepted = accept(world);
  CHECK(accepted.record == 7);
  CHECK((accepted.first == 6 && accepted.last == 6));
  CHECK(world.store->ready());
  CHECK(write_again(world));
  const auto verdict = store::audit::verify_audit(world.options);
  INFO(what_is_wrong(world));
  REQUIRE(verdict);
  CHECK(verdict->records == 8);
  CHECK(verdict->signed_records == 8);
  REQUIRE(verdict->accepted.size() == 1);
  CHECK(verdict->accepted[0].actor == "operator:test");

  alter(world, "UPDATE audit SET actor = 'another' WHERE number = 6");
  CHECK(what_is_wrong(world) == "what was accepted as records 6 to 6 is not as it was then");
}

TEST_CASE("a running server goes on behind an end that was cut off, once that is accepted") {
  World world;
  write_records(world, 5);
  alter(world, "DELETE FROM audit WHERE number > 3");
  refuses_to_write(world, "record 4 is missing");
  const auto accepted = accept(world);
  CHECK((accepted.first == 4 && accepted.last == 5 && accepted.record == 6));
  CHECK(write_again(world));
  CHECK(what_is_wrong(world) == "nothing");
  add_forged(world);
  CHECK(what_is_wrong(world) == "record 8 has no right MAC");
  CHECK(accept(world).record == 9);
  CHECK(store::audit::verify_audit(world.options)->accepted.size() == 2);
  world.reopen();
  CHECK(write_again(world));
}

TEST_CASE("a dry run accepts nothing") {
  World world;
  write_records(world, 5);
  add_forged(world);
  const auto would =
      store::upkeep::accept_audit(world.options, world.clock, world.random, {"operator:test", "seen", true});
  REQUIRE(would);
  CHECK(would->what == "record 6 has no right MAC");
  refuses_to_write(world, "record 6 has no right MAC");
}

namespace {

// As the version before left it: no column, and a head that says nothing of MACs.
void make_old(World& world) {
  world.close();
  alter(world, "DROP INDEX audit_accepted; ALTER TABLE audit DROP COLUMN mac; UPDATE schema_version SET version = 20");
}

void put_old_head(World& world) {
  const auto tail = store::audit::read_tail(*beside(world));
  const auto key = store::audit::AuditKey::load(world.options.audit_key);
  REQUIRE(tail);
  REQUIRE(key);
  const auto text = "tegata audit head\n" + std::to_string(tail->count) + "\n" + hex(tail->hash) + "\n";
  auto slot =
      dump_json(Json{{"count", tail->count}, {"hash", hex(tail->hash)}, {"signature", base64url((*key)->sign(text))}});
  slot.resize(511, ' ');
  std::ofstream(world.options.database + ".audit-head") << slot << "\n";
}

}  // namespace

TEST_CASE("defect: a dry run of `tegata audit accept` made a key, a head and newer tables") {
  World world;
  write_records(world, 5);
  const auto head = world.options.database + ".audit-head";
  const auto dry_run = [&] {
    return store::upkeep::accept_audit(world.options, world.clock, world.random, {"operator:test", "seen", true});
  };
  SECTION("without the key and the head") {
    world.close();
    std::filesystem::remove(world.options.audit_key);
    std::filesystem::remove(head);
    const auto refused = dry_run();
    CHECK_FALSE(std::filesystem::exists(world.options.audit_key));
    CHECK_FALSE(std::filesystem::exists(head));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::store_audit_broken);
    CHECK(refused.error().detail().starts_with(world.options.audit_key + ": the audit key is missing"));
    CHECK(refused.error().detail().find("without --dry-run") != std::string::npos);
  }
  SECTION("put there without a write-ahead log") {
    world.close();
    alter(world, "UPDATE audit SET actor = 'x' WHERE number = 2; PRAGMA journal_mode=DELETE");
    const auto octets = [&] {
      std::ifstream file(world.options.database, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const auto before = octets();
    const auto would = dry_run();
    CHECK((octets() == before));
    REQUIRE(would);
    CHECK(would->what == "record 2 is not as it was written");
  }
  SECTION("without the head") {
    world.close();
    std::filesystem::remove(head);
    const auto would = dry_run();
    CHECK_FALSE(std::filesystem::exists(head));
    REQUIRE(would);
    CHECK(would->what == "the signed head is missing");
  }
  SECTION("of an older version") {
    make_old(world);
    put_old_head(world);
    alter(world, "UPDATE audit SET actor = 'x' WHERE number = 2");
    const auto would = dry_run();
    REQUIRE(would);
    CHECK(would->what == "record 2 is not as it was written");
    const auto version =
        beside(world)->find<std::int64_t>("SELECT version FROM schema_version", {}, store::engine::read_integer);
    REQUIRE(version);
    CHECK(version->value() == 20);
  }
}

TEST_CASE("what was accepted is purged as a whole, and the log holds before and behind it") {
  World world;
  write_records(world, 8);
  alter(world, "UPDATE audit SET actor = 'x' WHERE number IN (3, 5)");
  const auto accepted = accept(world);
  CHECK((accepted.first == 3 && accepted.last == 5));
  const store::upkeep::Retention retention{24h, 24h, 24h, 24h, 24h};
  const auto purge_through = [&](std::int64_t number) {
    world.write<bool>([&](store::Transaction& transaction) -> Result<bool> {
      TEGATA_ASSIGN(const auto records, store::audit::list_audit(transaction, number, 1));
      return store::upkeep::acknowledge_export(transaction, {number, records.at(0).hash}, "operator:test");
    });
    const auto done = store::upkeep::purge(*world.store, world.options, retention, "operator:test");
    INFO((done ? std::string() : done.error().detail()));
    REQUIRE(done);
    CHECK(what_is_wrong(world) == "nothing");
    return store::audit::verify_audit(world.options)->cut_off;
  };
  world.clock.advance(48h);
  CHECK(purge_through(4) == 2);
  CHECK(purge_through(5) == 5);
  CHECK(purge_through(7) == 7);
  world.reopen();
  CHECK(write_again(world));
}

TEST_CASE("any change to any column of any record is found") {
  World world;
  write_records(world, 4);
  world.write<void>([](store::Transaction& transaction) -> Status {
    transaction.audit({"replaced", "a\xEF\xBF\xBD", "b", "c", Json{{"text", "d"}, {"number", 1.5}}, "e", ""});
    return {};
  });
  world.close();
  alter(world, "CREATE TABLE sound AS SELECT * FROM audit");
  const auto connection = beside(world);
  const auto fingerprint = [&](std::int64_t number) {
    const auto row = connection->find<std::string>(
        "SELECT * FROM audit WHERE number = :number", {{":number", number}},
        +[](store::engine::Row& found) { return found.rest(); });
    REQUIRE(row);
    return row->value_or("");
  };
  int changed = 0;
  for (const std::string column :
       {"number", "at", "kind", "actor", "subject", "code", "details", "request_id", "previous", "hash", "mac"}) {
    for (const std::string value :
         {"0", "-3", "1.5", "''", "x''", "zeroblob(32)", "zeroblob(31)", "COLUMN + 1", "COLUMN || 'x'",
          "CAST(COLUMN AS TEXT)", "CAST(COLUMN AS BLOB)", "COLUMN || x'00'", "substr(COLUMN, 2)", "upper(COLUMN)",
          "CAST(x'61ff' AS TEXT)", "' ' || COLUMN", "(SELECT COLUMN FROM sound WHERE number = 1)"}) {
      for (std::int64_t number = 1; number <= 6; ++number) {
        const auto before = fingerprint(number);
        auto wanted = value;
        for (auto at = wanted.find("COLUMN"); at != std::string::npos; at = wanted.find("COLUMN"))
          wanted.replace(at, 6, column);
        const auto where = " WHERE number = " + std::to_string(number);
        // What the table itself refuses (a number twice, or of another type) changes nothing.
        (void)connection->script(("UPDATE audit SET " + column + " = " + wanted + where).c_str());
        if (fingerprint(number) != before) {
          INFO(column << " = " << value << where);
          CHECK(what_is_wrong(world) != "nothing");
          ++changed;
        }
        REQUIRE(connection->script("DELETE FROM audit; INSERT INTO audit SELECT * FROM sound"));
      }
    }
  }
  CHECK(changed > 700);
  CHECK(what_is_wrong(world) == "nothing");
}

TEST_CASE("a log from before there were MACs gets them at the first start, as far as its head vouches for it") {
  World world;
  write_records(world, 5);
  make_old(world);
  put_old_head(world);
  SECTION("all of it") {
    world.reopen();
    CHECK(what_is_wrong(world) == "nothing");
    CHECK(write_again(world));
    world.close();
    CHECK(store::audit::verify_audit(world.options)->records == 6);
  }
  SECTION("not what was added behind the head") {
    alter(world,
          "INSERT INTO audit SELECT 6, at, kind, actor, subject, code, details, request_id, hash, hash FROM audit "
          "WHERE number = 5");
    const auto opened = store::Store::open(world.options, world.clock);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code() == errors::store_audit_stopped);
    CHECK(accept(world).first == 6);
    world.reopen();
    CHECK(write_again(world));
  }
  SECTION("not where it does not hold") {
    alter(world, "UPDATE audit SET actor = 'x' WHERE number = 2");
    const auto opened = store::Store::open(world.options, world.clock);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().detail().starts_with("record 2 is not as it was written"));
  }
}

TEST_CASE("defect: to accept a log from before there were MACs, before any start, took all of it for forged") {
  World world;
  write_records(world, 5);
  make_old(world);
  put_old_head(world);
  SECTION("nothing is wrong") {
    const auto refused =
        store::upkeep::accept_audit(world.options, world.clock, world.random, {"operator:test", "", false});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::store_audit_right);
  }
  SECTION("one record stands behind the head") {
    alter(world,
          "INSERT INTO audit SELECT 6, at, kind, actor, subject, code, details, request_id, hash, hash FROM audit "
          "WHERE number = 5");
    const auto accepted = accept(world);
    CHECK((accepted.first == 6 && accepted.last == 6));
  }
  SECTION("where it does not hold, all of it is accepted, and why is said") {
    alter(world, "UPDATE audit SET actor = 'x' WHERE number = 2");
    const auto accepted = accept(world);
    CHECK((accepted.first == 1 && accepted.last == 5));
    CHECK(accepted.what == "record 2 is not as it was written");
  }
  world.reopen();
  CHECK(write_again(world));
  CHECK(what_is_wrong(world) == "nothing");
}

TEST_CASE("defect: no backup of a database from before there were MACs, until a server had started on it") {
  World world;
  write_records(world, 5);
  make_old(world);
  put_old_head(world);
  CHECK(what_is_wrong(world) == "nothing");
  CHECK(store::upkeep::backup(world.options, world.folder.file("copy")));
  alter(world, "UPDATE audit SET actor = 'x' WHERE number = 2");
  CHECK(what_is_wrong(world) == "record 2 is not as it was written");
}

TEST_CASE("whoever takes the MACs away, and the version with them, gets no new ones") {
  World world;
  write_records(world, 5);
  make_old(world);
  const auto opened = store::Store::open(world.options, world.clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == errors::store_audit_stopped);
  CHECK(what_is_wrong(world) == "record 1 has no right MAC");
}

namespace {

struct KeptHeads {
  explicit KeptHeads(World& of) : world(of), file(of.folder.file("heads.jsonl")) {}
  void keep() {
    const auto lines = store::audit::HeadLines::open(world.options);
    REQUIRE(lines);
    const auto line = (*lines)->read(world.clock.now());
    REQUIRE(line);
    std::ofstream(file, std::ios::app) << line->text << "\n";
  }
  Result<store::audit::HeadsVerdict> verify() { return store::audit::verify_heads(world.options, file); }
  World& world;
  std::string file;
};

}  // namespace

TEST_CASE("defect: database and head that were put back together were taken for the newest") {
  World world;
  KeptHeads heads(world);
  write_records(world, 3);
  heads.keep();
  world.close();
  const auto old = world.folder.file("old"), head = world.options.database + ".audit-head";
  std::filesystem::copy_file(world.options.database, old);
  std::filesystem::copy_file(head, old + ".head");
  world.reopen();
  const auto held = format_rfc3339(world.clock.now());
  write_records(world, 3);
  heads.keep();
  const auto lost = format_rfc3339(world.clock.now());
  CHECK(heads.verify()->lines == 2);
  world.close();
  const auto replace = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(old, world.options.database, replace);
  std::filesystem::copy_file(old + ".head", head, replace);
  world.clock.advance(1s);
  const bool grown = GENERATE(false, true);
  world.reopen();
  if (grown) write_records(world, 5);
  CHECK(what_is_wrong(world) == "nothing");
  const auto found = heads.verify();
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == errors::store_audit_put_back);
  const std::string now = grown ? "record 6 is another one now" : "it ends at record 3 now";
  CHECK(found.error().detail() == "line 2: on " + lost + " the log had 6 records, and " + now + "; the line of " +
                                      held + " holds: database and head were put back to what they were before");
}

TEST_CASE("lines of another key are refused, half a line is counted, and what was purged is judged by its signature") {
  World world;
  KeptHeads heads(world);
  write_records(world, 3);
  heads.keep();
  write_records(world, 3);
  heads.keep();
  std::ofstream(heads.file, std::ios::app) << "{\"at\":\"2026-\n";
  world.write<bool>([](store::Transaction& transaction) -> Result<bool> {
    TEGATA_ASSIGN(const auto records, store::audit::list_audit(transaction, 5, 1));
    return store::upkeep::acknowledge_export(transaction, {5, records.at(0).hash}, "operator:test");
  });
  world.clock.advance(48h);
  REQUIRE(store::upkeep::purge(*world.store, world.options, {24h, 24h, 24h, 24h, 24h}, "operator:test"));
  const auto verdict = heads.verify();
  INFO((verdict ? std::string() : verdict.error().detail()));
  REQUIRE(verdict);
  CHECK((verdict->lines == 2 && verdict->older == 1 && verdict->unreadable == 1));
  World other([](store::Options& options) {
    RepeatableRandom another(9);
    REQUIRE(store::audit::AuditKey::make(options.audit_key, another));
  });
  write_records(other, 2);
  KeptHeads(other).keep();
  std::ofstream(heads.file, std::ios::app) << std::ifstream(other.folder.file("heads.jsonl")).rdbuf();
  const auto refused = heads.verify();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_audit_broken);
  CHECK(refused.error().detail() == "line 4 has no right signature");
}

}  // namespace tegata::test
