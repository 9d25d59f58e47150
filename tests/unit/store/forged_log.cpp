// Logs that somebody forged who can write the database, and sometimes the files beside it: each is found, and named.
#include <fstream>
#include <set>

#include "rp/store/audit/head.h"
#include "rp/store/engine/connection.h"
#include "rp/store/upkeep/audit_acceptance.h"
#include "rp/store/upkeep/backup.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int records_of_log = 8;

// Whoever can only write the database: what he knows is what stands there.
class Forger {
 public:
  explicit Forger(World& world) : world_(world) {
    auto opened = store::engine::Connection::open(world.options.database, store::engine::Connection::Mode::write, {});
    REQUIRE(opened);
    connection_ = std::move(*opened);
  }
  void run(const std::string& sql) {
    const auto done = connection_->script(sql.c_str());
    INFO(sql << ": " << (done ? "" : done.error().detail()));
    REQUIRE(done);
  }
  // A record with a right hash, which anybody can compute, and the MAC of another one.
  void append(std::int64_t mac_of) {
    const auto tail = store::audit::read_tail(*connection_);
    const auto key = other_key();
    REQUIRE(tail);
    REQUIRE(store::audit::append(*connection_, *key, *tail, world_.clock.now(), event("activation_approved")));
    if (mac_of > 0) {
      run("UPDATE audit SET mac = (SELECT mac FROM audit WHERE number = " + std::to_string(mac_of) +
          ") WHERE number = " + std::to_string(tail->count + 1));
    }
  }
  // A key of his own.
  std::unique_ptr<store::audit::AuditKey> other_key() {
    const auto path = world_.folder.file("forger.pem");
    if (!fs::exists(path)) {
      FixedRandom random;
      REQUIRE(store::audit::AuditKey::make(path, random));
    }
    auto key = store::audit::AuditKey::load(path);
    REQUIRE(key);
    return std::move(*key);
  }

 private:
  struct FixedRandom : Random {
    void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), std::uint8_t{7}); }
  };
  World& world_;
  std::unique_ptr<store::engine::Connection> connection_;
};

void write_one(World& world) {
  world.clock.advance(1s);
  world.write<void>([](store::Transaction&) { return Status(); });
}

std::string head_of(const World& world) { return world.options.database + ".audit-head"; }

void copy(const std::string& from, const std::string& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
}

std::string verdict_of(const World& world) {
  const auto verdict = store::audit::verify_audit(world.options);
  if (verdict) return "holds";
  CHECK(verdict.error().code() == errors::store_audit_broken);
  return verdict.error().detail();
}

// A log of eight records whose store is closed, with what it was like at the fifth.
struct ForgedWorld : World {
  ForgedWorld() {
    for (int i = 1; i <= records_of_log; ++i) {
      write_one(*this);
      if (i == 5) keep("old");
      clock.advance(i == 5 || i == 7 ? 1h : 0h);
    }
    close();
  }
  void keep(const std::string& name) {
    close();
    copy(options.database, folder.file(name));
    copy(head_of(*this), folder.file(name + ".head"));
    reopen();
  }
};

struct Forgery {
  const char* what;
  std::function<void(ForgedWorld&)> forge;
  const char* named;
};

std::function<void(ForgedWorld&)> by_sql(const char* sql) {
  return [sql](ForgedWorld& world) { Forger(world).run(sql); };
}

const std::vector<Forgery>& forgeries() {
  static const std::vector<Forgery> all = {
      {"a record at the end, with a right hash", [](ForgedWorld& world) { Forger(world).append(0); },
       "record 9 has no right MAC"},
      {"a record at the end, with the MAC of another", [](ForgedWorld& world) { Forger(world).append(8); },
       "record 9 has no right MAC"},
      {"a record at the end without a MAC",
       [](ForgedWorld& world) {
         Forger forger(world);
         forger.append(0);
         forger.run("UPDATE audit SET mac = x'' WHERE number = 9");
       },
       "record 9 has no right MAC"},
      {"an altered member", by_sql("UPDATE audit SET actor = 'operator:other' WHERE number = 3"),
       "record 3 is not as it was written"},
      {"an altered MAC", by_sql("UPDATE audit SET mac = zeroblob(32) WHERE number = 3"), "record 3 has no right MAC"},
      {"a cut end", by_sql("DELETE FROM audit WHERE number > 6"), "the head vouches for 8 records, the chain has 6"},
      {"a cut middle", by_sql("DELETE FROM audit WHERE number = 4"), "record 4 is missing"},
      {"two in another order",
       by_sql("UPDATE audit SET number = 90 WHERE number = 3; UPDATE audit SET number = 3 WHERE number = 4; "
              "UPDATE audit SET number = 4 WHERE number = 90"),
       "record 3 is not as it was written"},
      {"one number twice",
       by_sql("CREATE TABLE loose AS SELECT * FROM audit; INSERT INTO loose SELECT * FROM audit WHERE number = 5; "
              "DROP TABLE audit; ALTER TABLE loose RENAME TO audit"),
       "record 5 stands there twice"},
      {"a cut beginning without a checkpoint", by_sql("DELETE FROM audit WHERE number <= 3"), "record 1 is missing"},
      {"a cut beginning with a checkpoint of his own key",
       [](ForgedWorld& world) {
         Forger forger(world);
         const auto signature = forger.other_key()->sign("tegata audit checkpoint\n3\n");
         forger.run("INSERT INTO audit_checkpoint (id, number, hash, signature) SELECT 1, 3, hash, x'" +
                    hex(signature) + "' FROM audit WHERE number = 3; DELETE FROM audit WHERE number <= 3");
       },
       "the checkpoint at record 3 has no right signature"},
      {"a record before the beginning",
       by_sql("INSERT INTO audit SELECT 0, at, kind, actor, subject, code, details, request_id, previous, hash, mac "
              "FROM audit WHERE number = 3"),
       "record 0 stands before the beginning of the log"},
      {"the head of another key",
       [](ForgedWorld& world) {
         auto other = world.options;
         const auto key = Forger(world).other_key();
         other.audit_key = world.folder.file("forger.pem");
         fs::remove(head_of(world));
         const auto head = store::audit::AuditHead::open_or_make(other);
         REQUIRE(head);
         REQUIRE((*head)->write({8, Digest{}}));
       },
       "the audit head has no right signature"},
      {"no head", [](ForgedWorld& world) { fs::remove(head_of(world)); }, "the signed head is missing"},
      {"an old head beside the newer database",
       [](ForgedWorld& world) { copy(world.folder.file("old.head"), head_of(world)); },
       "the head vouches for 5 records, and those behind it took longer than a power cut explains"},
      {"the newer head beside an old database",
       [](ForgedWorld& world) { copy(world.folder.file("old"), world.options.database); },
       "the head vouches for 8 records, the chain has 5"},
      {"a text in place of octets", by_sql("UPDATE audit SET hash = CAST(hash AS TEXT) WHERE number = 3"),
       "record 3 holds a value that is none of ours"},
      {"octets in place of a text", by_sql("UPDATE audit SET kind = CAST(kind AS BLOB) WHERE number = 3"),
       "record 3 holds a value that is none of ours"},
      {"octets that read like a sign of ours",
       by_sql("UPDATE audit SET request_id = CAST(x'ff' AS TEXT) WHERE number = 3"),
       "record 3 holds a value that is none of ours"},
      {"no MACs", by_sql("UPDATE audit SET mac = x''"), "record 1 has no right MAC"},
  };
  return all;
}

}  // namespace

TEST_CASE("defect: whoever could only write the database added to the log: every forgery is found and named") {
  for (const auto& forgery : forgeries()) {
    INFO(forgery.what);
    ForgedWorld world;
    REQUIRE(verdict_of(world) == "holds");
    forgery.forge(world);
    CHECK(verdict_of(world).starts_with(forgery.named));
  }
}

TEST_CASE("what can be gone on from is accepted by a record: it verifies, names it, and finds the next forgery") {
  const std::set<std::string> no_way_on = {"a record before the beginning"};
  for (const auto& forgery : forgeries()) {
    INFO(forgery.what);
    ForgedWorld world;
    forgery.forge(world);
    const store::upkeep::AuditAcceptance wanted{"operator:test", "seen", false};
    const auto accepted = store::upkeep::accept_audit(world.options, world.clock, world.random, wanted);
    INFO((accepted ? std::string() : accepted.error().detail()));
    if (no_way_on.contains(forgery.what)) {
      REQUIRE_FALSE(accepted);
      CHECK(accepted.error().code() == errors::store_audit_broken);
      continue;
    }
    REQUIRE(accepted);
    const auto verdict = store::audit::verify_audit(world.options);
    INFO((verdict ? std::string() : verdict.error().detail()));
    REQUIRE(verdict);
    REQUIRE(verdict->accepted.size() == 1);
    CHECK(verdict->accepted[0].what.starts_with(forgery.named));
    CHECK(verdict->accepted[0].reason == "seen");
    CHECK(verdict->records == accepted->record);
    world.reopen();
    write_one(world);
    world.close();
    REQUIRE(verdict_of(world) == "holds");
    Forger(world).append(0);
    CHECK(verdict_of(world) == "record " + std::to_string(accepted->record + 2) + " has no right MAC");
  }
}

TEST_CASE("nothing wrong: nothing is accepted") {
  ForgedWorld world;
  const auto accepted =
      store::upkeep::accept_audit(world.options, world.clock, world.random, {"operator:test", "x", false});
  REQUIRE_FALSE(accepted);
  CHECK(accepted.error().code() == errors::store_audit_right);
  CHECK(store::audit::verify_audit(world.options)->records == records_of_log);
}

}  // namespace tegata::test
