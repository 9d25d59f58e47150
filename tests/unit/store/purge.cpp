// What is over is forgotten after its time, nothing else is, and the log stays verifiable: at every moment of a purge,
// also those at which the power is cut.
#include "rp/store/upkeep/purge.h"

#include <map>
#include <random>

#include "rp/store/engine/connection.h"
#include "rp/store/notices.h"
#include "rp/store/phones.h"
#include "rp/store/proofs.h"
#include "rp/store/tickets.h"
#include "rp/store/upkeep/acknowledgement.h"
#include "rp/store/upkeep/clock_repair.h"
#include "tests/support/power_cut_vfs.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

constexpr auto day = std::chrono::hours(24);

tegata::store::upkeep::Retention short_retention() { return {30 * day, 20 * day, 10 * day, 24h, 40 * day}; }

// Somebody who got at the database file, without the keys.
void tamper(World& world, const char* sql) {
  world.close();
  auto connection = tegata::store::engine::Connection::open(
      world.options.database, tegata::store::engine::Connection::Mode::write, {world.options.vfs});
  REQUIRE(connection);
  REQUIRE((*connection)->script(sql));
}

Result<tegata::store::upkeep::PurgeRound> purge_round(
    World& world, const tegata::store::upkeep::Retention& retention = short_retention()) {
  return tegata::store::upkeep::purge(*world.store, world.options, retention, "operator:test");
}

// As many rounds as it takes.
Result<tegata::store::upkeep::Purged> purge_all(World& world,
                                                const tegata::store::upkeep::Retention& retention = short_retention()) {
  tegata::store::upkeep::Purged out;
  for (bool behind = true; behind;) {
    TEGATA_ASSIGN(const auto round, purge_round(world, retention));
    for (auto count : {&tegata::store::upkeep::Purged::tickets, &tegata::store::upkeep::Purged::activations,
                       &tegata::store::upkeep::Purged::passes, &tegata::store::upkeep::Purged::notices,
                       &tegata::store::upkeep::Purged::sign_ins, &tegata::store::upkeep::Purged::audit_records}) {
      out.*count += round.removed.*count;
    }
    behind = round.behind;
  }
  return out;
}

tegata::store::upkeep::Purged purge_now(World& world) {
  const auto done = purge_all(world);
  INFO((done ? std::string() : done.error().detail()));
  REQUIRE(done);
  return *done;
}

tegata::store::upkeep::Purged counted(World& world,
                                      const tegata::store::upkeep::Retention& retention = short_retention()) {
  return world
      .read<tegata::store::upkeep::PurgeRound>([&](tegata::store::Reader& reader) {
        return tegata::store::upkeep::count_purgeable(reader, retention, world.clock.now());
      })
      .removed;
}

// All of the log so far lies elsewhere.
void acknowledge_all(World& world) {
  const auto last = world
                        .read<std::vector<tegata::store::audit::AuditRecord>>([](tegata::store::Reader& reader) {
                          return tegata::store::audit::list_audit(reader, 1, 1'000'000);
                        })
                        .back();
  REQUIRE(world.store->write<bool>([&](store::Transaction& transaction) {
    return tegata::store::upkeep::acknowledge_export(transaction, {last.number, last.hash}, "operator:test");
  }));
}

tegata::store::audit::AuditVerdict verified(World& world) {
  const auto verdict = tegata::store::audit::verify_audit(world.options);
  INFO((verdict ? std::string() : verdict.error().detail()));
  REQUIRE(verdict);
  return *verdict;
}

void write_records(World& world, int count) {
  for (int i = 0; i < count; ++i) {
    world.write<void>([](store::Transaction&) -> Status { return {}; });
  }
}

bool there(World& world, const std::string& id) {
  return world
      .read<std::optional<store::Handoff>>(
          [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); })
      .has_value();
}

store::IssuedPass purgeable_pass(const std::string& jti, const std::string& handoff_id, Instant now) {
  store::IssuedPass out;
  out.jti = jti;
  out.handoff_id = handoff_id;
  out.practitioner_id = "P1";
  out.client_id = "ehr";
  out.facility_code = "1312345678";
  out.audience = "https://sign.example";
  out.issued_at = now;
  out.expires_at = now + 18h;
  out.basis = sample_basis;
  return out;
}

void put_handoff(World& world, const store::Handoff& handoff) {
  REQUIRE(does(world, [&](store::Transaction& transaction) { return insert_handoff(transaction, handoff); }));
}

// One of each kind.
void put_all(World& world, const std::string& mark, const std::string& letters) {
  const auto now = world.clock.now();
  world.write<void>([&](store::Transaction& transaction) {
    return put_client_certificate(transaction, {digest("certificate"), "ehr", now - 1h, now + 24h, true});
  });
  put_handoff(world, sample_enrollment("ticket-" + mark, now));
  auto plain = sample_activation("plain-" + mark, letters + "X", now);
  plain.terminal_id = "T-plain-" + mark;
  put_handoff(world, plain);
  auto passed = sample_activation("passed-" + mark, letters + "Y", now);
  passed.terminal_id = "T-passed-" + mark;
  put_handoff(world, passed);
  world.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(insert_pass(transaction, purgeable_pass("jti-" + mark, "passed-" + mark, now)));
    return put_notice(transaction, "phone_added", "P1", {{"label", mark}});
  });
}

}  // namespace

TEST_CASE("nothing that has not been over for long enough is purged") {
  World world;
  put_samples(world);
  put_all(world, "a", "BCD");
  CHECK(counted(world) == tegata::store::upkeep::Purged{});
  CHECK(purge_now(world) == tegata::store::upkeep::Purged{});
  world.clock.advance(9 * day);
  CHECK(purge_now(world) == tegata::store::upkeep::Purged{});
  CHECK(there(world, "ticket-a"));
  CHECK(tegata::store::audit::verify_audit(world.options)->cut_off == 0);
  verified(world);
}

TEST_CASE("each kind goes after its own time, what a kept pass points to stays, and a dry run says the same") {
  World world;
  put_samples(world);
  put_all(world, "a", "BCD");
  world.clock.advance(11 * day);
  CHECK(counted(world).notices == 1);
  auto first = purge_now(world);
  CHECK(first.notices == 1);
  CHECK(first.passes == 0);
  world.clock.advance(12 * day);
  const auto second = purge_now(world);
  CHECK(second.passes == 1);
  CHECK(second.activations == 0);
  put_all(world, "b", "FGH");
  world.clock.advance(10 * day);
  const auto expected = counted(world);
  CHECK(expected.tickets == 1);
  CHECK(expected.activations == 2);
  const auto third = purge_now(world);
  CHECK(third == expected);
  for (const char* gone : {"ticket-a", "plain-a", "passed-a"}) CHECK_FALSE(there(world, gone));
  for (const char* kept : {"ticket-b", "plain-b", "passed-b"}) CHECK(there(world, kept));
  CHECK(purge_now(world) == tegata::store::upkeep::Purged{});
}

TEST_CASE("a request that nobody proved to ask for and nobody approved goes after a day") {
  World world;
  put_samples(world);
  const auto put = [&](const std::string& id, bool unproved, const std::string& person) {
    world.write<bool>([&](store::Transaction& transaction) {
      auto row = sample_activation(id, "BC" + id, transaction.now());
      row.unproved = unproved;
      row.practitioner_id = person;
      return insert_handoff(transaction, row);
    });
  };
  put("U1", true, "");
  put("U2", true, "P1");
  put("U3", false, "");
  world.clock.advance(24h + 3min);
  const tegata::store::upkeep::Purged wanted{0, 1, 0, 0, 0, 0};
  CHECK(counted(world) == wanted);
  CHECK(purge_now(world) == wanted);
  CHECK((!there(world, "U1") && there(world, "U2") && there(world, "U3")));
  world.clock.advance(30 * day);
  CHECK(counted(world).activations == 2);
}

TEST_CASE("a request whose pass is kept longer stays with it") {
  World world;
  put_samples(world);
  put_all(world, "a", "BCD");
  auto retention = short_retention();
  retention.passes = 100 * day;
  world.clock.advance(50 * day);
  const auto counts = counted(world, retention);
  const auto done = purge_all(world, retention);
  REQUIRE(done);
  CHECK(done->activations == 1);
  CHECK(done->passes == 0);
  CHECK(counts.activations == 1);
  CHECK(there(world, "passed-a"));
}

TEST_CASE("a notice that a channel has not delivered stays") {
  World world;
  put_samples(world);
  world.write<bool>([](store::Transaction& transaction) { return open_channel(transaction, "slow"); });
  put_all(world, "a", "BCD");
  world.clock.advance(11 * day);
  CHECK(purge_now(world).notices == 0);
  world.write<bool>([](store::Transaction& transaction) { return note_delivered(transaction, "slow", 0, 1); });
  CHECK(purge_now(world).notices == 1);
}

TEST_CASE("spent log-ins go; a ticket's password and tries go with it; a removed phone stays") {
  World world;
  put_samples(world);
  const auto now = world.clock.now();
  put_handoff(world, sample_enrollment("mailed", now));
  world.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(insert_credential(transaction, sample_credential("phone", "iPhone", now)));
    TEGATA_TRY(remove_credential(transaction, to_bytes(as_bytes("phone")), "P1"));
    auto& connection = transaction.connection();
    TEGATA_TRY(
        connection.run("INSERT INTO ticket_password (handoff_id, hash, tries, batch, line) "
                       "VALUES ('mailed', 'x', 5, NULL, 0)"));
    TEGATA_TRY(
        connection.run("INSERT INTO ticket_try (handoff_id, guess, at, outcome) VALUES ('mailed', x'00', 0, 'wrong')"));
    TEGATA_TRY(
        connection.run("INSERT INTO start_record (id, cookie, purpose, host_nonce, expires_at) "
                       "VALUES (x'01', x'02', 'enrol', 'n', :end)",
                       {{":end", now + 5min}}));
    TEGATA_TRY(
        connection.run("INSERT INTO card_login (code, start_id, practitioner_id, refusal, card, expires_at) "
                       "VALUES (x'03', x'01', 'P1', '', '', :end)",
                       {{":end", now + 1min}}));
    TEGATA_TRY(connection.run("INSERT INTO ceremony (cookie, challenge, expires_at) VALUES (x'04', x'05', :end)",
                              {{":end", now + 5min}}));
    TEGATA_TRY(connection.run("INSERT INTO seen_proof (id, expires_at) VALUES (x'06', :end)", {{":end", now + 5min}}));
    return {};
  });
  CHECK(purge_now(world).sign_ins == 0);
  world.clock.advance(25h);
  CHECK(counted(world).sign_ins == 3);
  CHECK(purge_now(world).sign_ins == 3);
  world.clock.advance(31 * day);
  CHECK(purge_now(world).tickets == 1);
  const auto phone = world.read<std::optional<store::BoundCredential>>(
      [](tegata::store::Reader& reader) { return store::find_credential_ever(reader, to_bytes(as_bytes("phone"))); });
  CHECK(phone);
  const auto rows = world.read<std::int64_t>([](tegata::store::Reader& reader) -> Result<std::int64_t> {
    TEGATA_ASSIGN(const auto count,
                  reader.connection().find<std::int64_t>(
                      "SELECT (SELECT COUNT(*) FROM ticket_password) + (SELECT COUNT(*) FROM ticket_try) + "
                      "(SELECT COUNT(*) FROM card_login)",
                      {}, +[](tegata::store::engine::Row& row) { return row.integer(); }));
    return *count;
  });
  CHECK(rows == 0);
}

TEST_CASE("the log is cut at a signed checkpoint, again and again, and verifies") {
  World world;
  put_samples(world);
  write_records(world, 50);
  const auto whole = verified(world);
  acknowledge_all(world);
  world.clock.advance(41 * day);
  CHECK(counted(world).audit_records == whole.records);
  CHECK(purge_now(world).audit_records == whole.records);
  CHECK(tegata::store::audit::verify_audit(world.options)->cut_off == whole.records);
  const auto left = world.read<std::vector<tegata::store::audit::AuditRecord>>(
      [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 1000); });
  REQUIRE(left.front().event.kind == "audit_export_acknowledged");
  const auto cut = std::find_if(left.begin(), left.end(), [](const tegata::store::audit::AuditRecord& record) {
    return record.event.kind == "audit_purged";
  });
  REQUIRE(cut != left.end());
  CHECK(cut->event.details["through"] == whole.records);
  world.reopen();
  write_records(world, 10);
  const auto longer = verified(world).records;
  acknowledge_all(world);
  world.clock.advance(41 * day);
  CHECK(purge_now(world).audit_records == longer - whole.records);
  CHECK(tegata::store::audit::verify_audit(world.options)->cut_off == longer);
  verified(world);
  world.reopen();
}

TEST_CASE("more than one piece") {
  World world;
  put_samples(world);
  for (int i = 0; i < 6; ++i) {
    world.write<void>([](store::Transaction& transaction) -> Status {
      for (int j = 0; j < 2000; ++j) transaction.audit(event("many"));
      return {};
    });
  }
  const auto before = verified(world).records;
  acknowledge_all(world);
  world.clock.advance(41 * day);
  CHECK(purge_now(world).audit_records == before);
  CHECK(records_of(world, "audit_purged") == 3);
  verified(world);
}

TEST_CASE("any other cut is found out") {
  World world;
  put_samples(world);
  write_records(world, 30);
  acknowledge_all(world);
  world.clock.advance(41 * day);
  write_records(world, 30);
  const auto cut = purge_now(world).audit_records;
  REQUIRE(cut > 30);
  world.close();
  verified(world);
  const auto cases = std::vector<std::pair<const char*, const char*>>{
      {"the first record that is left", "DELETE FROM audit WHERE number = (SELECT MIN(number) FROM audit)"},
      {"one in the middle", "DELETE FROM audit WHERE number = (SELECT MIN(number) + 5 FROM audit)"},
      {"the last one", "DELETE FROM audit WHERE number = (SELECT MAX(number) FROM audit)"},
      {"all of them", "DELETE FROM audit"},
      {"the checkpoint", "DELETE FROM audit_checkpoint"},
      {"a later cut with the same signature",
       "UPDATE audit_checkpoint SET hash = (SELECT hash FROM audit WHERE number = (SELECT MIN(number) FROM audit)), "
       "number = (SELECT MIN(number) FROM audit); DELETE FROM audit WHERE number = (SELECT MIN(number) FROM audit)"},
      {"a signature of nobody", "UPDATE audit_checkpoint SET signature = x'00'"},
      {"a record from before the checkpoint",
       "INSERT INTO audit SELECT 1, at, kind, actor, subject, code, details, request_id, previous, hash, mac "
       "FROM audit LIMIT 1"},
  };
  const auto sound = world.folder.file("sound.db");
  std::filesystem::copy_file(world.options.database, sound);
  for (const auto& [name, sql] : cases) {
    INFO(name);
    tamper(world, sql);
    const auto verdict = tegata::store::audit::verify_audit(world.options);
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error().code() == errors::store_audit_broken);
    for (const char* tail : {"-wal", "-shm"}) std::filesystem::remove(world.options.database + tail);
    std::filesystem::copy_file(sound, world.options.database, std::filesystem::copy_options::overwrite_existing);
  }
  verified(world);
}

TEST_CASE("a break in what is to be cut stops the cut") {
  World world;
  put_samples(world);
  write_records(world, 30);
  acknowledge_all(world);
  world.clock.advance(41 * day);
  write_records(world, 5);
  tamper(world, "UPDATE audit SET actor = 'somebody else' WHERE number = 10");
  world.reopen();  // only its end is walked at the start
  const auto refused = purge_all(world);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_audit_broken);
  const auto first = world.read<std::vector<tegata::store::audit::AuditRecord>>(
      [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 1); });
  CHECK(first.front().number == 1);
}

TEST_CASE("40 power cuts in the middle of purges: the log verifies, and nothing that was to stay is gone") {
  PowerCutVfs vfs("power-cut-purge");
  World world([&](tegata::store::Options& options) { options.vfs = vfs.name(); });
  put_samples(world);
  std::mt19937_64 chance(11);
  int interrupted = 0;
  for (int round = 0; round < 40; ++round) {
    const auto mark = std::to_string(round);
    put_handoff(world, sample_enrollment("old-" + mark, world.clock.now()));
    write_records(world, 20);
    acknowledge_all(world);
    world.clock.advance(41 * day);
    put_handoff(world, sample_enrollment("young-" + mark, world.clock.now()));
    INFO("round " << round);
    vfs.cut_after(1 + chance() % 40);
    const auto done = purge_all(world);
    interrupted += done ? 0 : 1;
    world.close();
    vfs.restore(round % 2 == 0 ? 0 : chance() | 1);
    world.reopen();
    verified(world);
    purge_now(world);
    CHECK_FALSE(there(world, "old-" + mark));
    CHECK(there(world, "young-" + mark));
    CHECK(counted(world) == tegata::store::upkeep::Purged{});
    verified(world);
  }
  CHECK(interrupted >= 10);
}

TEST_CASE("defect: a purge removed records of the log that nobody had exported") {
  World world;
  put_samples(world);
  put_all(world, "a", "BCD");
  const auto records = verified(world).records;
  world.clock.advance(41 * day);
  const auto purged = purge_now(world);
  CHECK(purged.tickets == 1);
  CHECK(purged.audit_records == 0);
  const auto round = purge_round(world);
  REQUIRE(round);
  CHECK(round->unacknowledged == records);
  CHECK(tegata::store::audit::verify_audit(world.options)->cut_off == 0);
  acknowledge_all(world);
  CHECK(purge_now(world).audit_records == records);
  CHECK(purge_round(world)->unacknowledged == 0);
  verified(world);
}

TEST_CASE("an export is acknowledged by the hash of its last record, without gaps, and once") {
  World world;
  put_samples(world);
  write_records(world, 10);
  const auto log = world.read<std::vector<tegata::store::audit::AuditRecord>>(
      [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 1000); });
  const auto acknowledge = [&](std::int64_t number, const Digest& hash, std::optional<std::int64_t> first = {}) {
    return world.store->write<bool>([&](store::Transaction& transaction) {
      return tegata::store::upkeep::acknowledge_export(transaction, {number, hash, first}, "operator:test");
    });
  };
  CHECK(acknowledge(5, log[3].hash).error().code() == errors::store_export_unknown);
  CHECK(acknowledge(1000, log[3].hash).error().code() == errors::store_export_unknown);
  CHECK(acknowledge(5, log[4].hash, 2).error().code() == errors::store_export_unknown);
  CHECK(acknowledge(5, log[4].hash, 1).value());
  CHECK_FALSE(acknowledge(5, log[4].hash, 1).value());
  CHECK_FALSE(acknowledge(4, log[3].hash).value());
  CHECK(acknowledge(8, log[7].hash, 7).error().code() == errors::store_export_unknown);
  CHECK(acknowledge(8, log[7].hash, 6).value());
  CHECK(records_of(world, "audit_export_acknowledged") == 2);
}

TEST_CASE("records from a clock that was ahead are as old as its repair") {
  World world;
  put_samples(world);
  world.clock.reboot();
  world.clock.step(30 * day);
  write_records(world, 5);
  world.clock.reboot();
  world.clock.step(-30 * day);
  const auto today = std::chrono::floor<std::chrono::days>(world.clock.now());
  REQUIRE(tegata::store::upkeep::repair_clock(*world.store, world.clock, {"operator:test", "a test", today, false}));
  const auto records = verified(world).records;
  acknowledge_all(world);
  world.clock.advance(41 * day);
  CHECK(purge_now(world).audit_records == records);
  verified(world);
}

TEST_CASE("defect: behind a cut of a version that knew no acknowledgements no export was ever accepted") {
  World world;
  put_samples(world);
  write_records(world, 30);
  acknowledge_all(world);
  world.clock.advance(41 * day);
  REQUIRE(purge_now(world).audit_records > 30);
  write_records(world, 3);
  world.write<void>([](store::Transaction& transaction) -> Status {
    return transaction.connection().script("UPDATE meta SET value = 0 WHERE name = 'audit_acknowledged'");
  });
  const auto records = world.read<std::vector<tegata::store::audit::AuditRecord>>(
      [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 1000); });
  const auto accepted = [&](std::int64_t first) {
    return world.store->write<bool>([&](store::Transaction& transaction) {
      return tegata::store::upkeep::acknowledge_export(transaction, {records.back().number, records.back().hash, first},
                                                       "operator:test");
    });
  };
  CHECK(accepted(records.front().number + 1).error().code() == errors::store_export_unknown);
  const auto done = accepted(records.front().number);
  REQUIRE(done);
  CHECK(*done);
}
