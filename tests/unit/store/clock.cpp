// A wrong clock destroys nothing: it is refused where it can be known, a purge under it goes two days far, and a
// database that holds a moment of the future is brought back by one recorded command.
#include "rp/store/upkeep/clock_repair.h"

#include <set>

#include "rp/store/audit/chain.h"
#include "rp/store/clock_rules.h"
#include "rp/store/engine/connection.h"
#include "rp/store/notices.h"
#include "rp/store/phones.h"
#include "rp/store/proofs.h"
#include "rp/store/signing_keys.h"
#include "rp/store/upkeep/purge.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

constexpr auto a_day = std::chrono::hours(24);
constexpr auto six_years = 6 * 366 * a_day;

std::string code_of(const Status& status) { return status ? "" : std::string(status.error().code().name()); }

std::string write_code(World& world) {
  return code_of(world.store->write<void>([](store::Transaction& transaction) -> Status {
    transaction.audit(event("any"));
    return {};
  }));
}

// How many rows a table has.
std::int64_t rows_in(World& world, const std::string& table) {
  return world.read<std::int64_t>([&](tegata::store::Reader& reader) -> Result<std::int64_t> {
    TEGATA_ASSIGN(const auto count, reader.connection().find<std::int64_t>("SELECT COUNT(*) FROM " + table, {},
                                                                           tegata::store::engine::read_integer));
    return *count;
  });
}

store::IssuedPass pass_of(const std::string& name, Instant issued, std::chrono::milliseconds life) {
  store::IssuedPass out;
  out.jti = "jti-" + name;
  out.handoff_id = name;
  out.practitioner_id = "P1";
  out.client_id = "ehr";
  out.facility_code = "1312345678";
  out.audience = "https://sign.example";
  out.issued_at = issued;
  out.expires_at = issued + life;
  out.basis = sample_basis;
  return out;
}

// A request with its pass, a ticket, a session, and a notice, all of now; their letters tell requests apart.
void put_everything(World& world, const std::string& name, const std::string& letters) {
  const auto now = world.clock.now();
  world.write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(put_client_certificate(transaction, {digest("certificate"), "ehr", now - 1h, now + 400 * a_day, true}));
    auto asked = sample_activation(name, letters, now);
    asked.terminal_id = "T-" + name;
    TEGATA_TRY(insert_handoff(transaction, asked));
    TEGATA_TRY(insert_pass(transaction, pass_of(name, now, 18h)));
    auto ticket = sample_enrollment("ticket-" + name, now);
    ticket.expires_at = now + 14 * a_day;
    TEGATA_TRY(insert_handoff(transaction, ticket));
    TEGATA_TRY(put_ceremony(transaction, {digest("cookie of " + name), {1, 2}, now + 5min}));
    TEGATA_TRY(put_notice(transaction, "phone_added", "P1", {{"label", name}}));
    return true;
  });
}

const std::vector<std::string> kept_tables = {"pass", "handoff", "notice", "ceremony", "audit"};

std::vector<std::int64_t> counts(World& world) {
  std::vector<std::int64_t> out;
  for (const auto& table : kept_tables) out.push_back(rows_in(world, table));
  return out;
}

Result<tegata::store::upkeep::PurgeRound> round_of(World& world,
                                                   const tegata::store::upkeep::Retention& retention = {}) {
  return tegata::store::upkeep::purge(*world.store, world.options, retention, "system");
}

Instant date_of(const World& world) { return std::chrono::floor<std::chrono::days>(world.clock.now()); }

Result<tegata::store::upkeep::RepairedClock> repair_on(World& world, std::optional<Instant> today,
                                                       bool dry_run = false) {
  return tegata::store::upkeep::repair_clock(*world.store, world.clock, {"operator:test", "a test", today, dry_run});
}
Result<tegata::store::upkeep::RepairedClock> repair(World& world) { return repair_on(world, date_of(world)); }

bool log_holds(World& world) {
  const auto verdict = tegata::store::audit::verify_audit(world.options);
  INFO((verdict ? std::string() : verdict.error().detail()));
  CHECK(verdict);
  return verdict.has_value();
}

bool pass_is_live(World& world, const std::string& name) {
  const auto pass = world.read<std::optional<store::IssuedPass>>(
      [&](tegata::store::Reader& reader) { return store::find_pass(reader, "jti-" + name); });
  return pass->expires_at > world.clock.now();
}

// A machine that starts with its clock set by so much, where that is believed.
void start_with_clock_set(World& world, std::chrono::milliseconds by) {
  world.close();
  world.clock.reboot();
  world.clock.step(by);
  world.reopen();
}

}  // namespace

TEST_CASE("defect: a clock in 2032 at the start purged everything, and the right one never started again") {
  World world;
  put_samples(world);
  put_everything(world, "a", "BCD");
  const auto before = counts(world);
  start_with_clock_set(world, six_years);
  CHECK(write_code(world) == "store_clock_ahead");
  CHECK(code_of(world.store->ready()) == "store_clock_ahead");
  CHECK(world.store->ready().error().detail().find("tegata clock repair") != std::string::npos);
  CHECK(round_of(world).error().code() == errors::store_clock_ahead);
  CHECK(counts(world) == before);
  start_with_clock_set(world, -six_years);
  CHECK(world.store->ready());
  CHECK(write_code(world).empty());
  CHECK(pass_is_live(world, "a"));
  CHECK(log_holds(world));
}

TEST_CASE("steps of the clock before, during and after a start: nothing is lost, and it comes back or says how") {
  const std::vector<std::pair<std::chrono::milliseconds, bool>> steps = {
      {-1h, false}, {-10s, false}, {a_day, true}, {six_years, false}};
  for (const auto& [by, believed_at_boot] : steps) {
    for (const bool due : {false, true}) {
      for (const std::string when : {"before", "during", "after a purge"}) {
        INFO(by.count() << " ms, " << when << (due ? " with" : " without") << " a purge due");
        World world;
        put_samples(world);
        put_everything(world, "old", "BCD");
        REQUIRE(round_of(world));
        if (due) world.clock.advance(367 * a_day + 18h);
        put_everything(world, "new", "FGH");
        if (due)
          world.write<bool>([](store::Transaction& transaction) -> Result<bool> {
            TEGATA_TRY(transaction.connection().run("UPDATE meta SET value = :now WHERE name = 'purge_horizon'",
                                                    {{":now", transaction.now() - 1h}}));
            return true;
          });
        const auto stays = pass_is_live(world, "new");
        REQUIRE(stays);
        if (when == "after a purge") REQUIRE(round_of(world));
        if (when == "before")
          start_with_clock_set(world, by);
        else
          world.clock.step(by);
        const auto records = rows_in(world, "audit");
        const bool believed = when == "before" && believed_at_boot;
        CHECK(write_code(world).empty() == believed);
        CHECK(round_of(world).has_value() == believed);
        // Neither the log nor anything that is not a year over has lost a row.
        CHECK(rows_in(world, "audit") >= records);
        CHECK(rows_in(world, "pass") >= (due ? 1 : 2));
        CHECK(rows_in(world, "notice") >= (due ? 1 : 2));
        // The right clock again: by itself, or by the command that is named.
        if (when == "before")
          start_with_clock_set(world, -by);
        else
          world.clock.step(-by);
        const auto ready = world.store->ready();
        CHECK(ready.has_value() == !believed);
        if (!ready) {
          CHECK(ready.error().detail().find("`tegata clock repair --date TODAY --reason") != std::string::npos);
          REQUIRE(repair(world));
        }
        CHECK(write_code(world).empty());
        CHECK(round_of(world));
        CHECK(rows_in(world, "pass") == (due ? 1 : 2));
        CHECK(pass_is_live(world, "new") == !believed);
        CHECK(log_holds(world));
      }
    }
  }
}

TEST_CASE("a running server refuses a clock that was set, forwards and backwards, and goes on by itself") {
  World world;
  put_samples(world);
  world.clock.advance(2h);  // nothing is committed meanwhile
  for (const auto by : std::vector<std::chrono::milliseconds>{5min + 1s, a_day, six_years, -(5min + 1s), -1h}) {
    INFO(by.count());
    world.clock.step(by);
    const std::string wanted = by.count() > 0 ? "store_clock_ahead" : "store_clock_behind";
    CHECK(write_code(world) == wanted);
    CHECK(code_of(world.store->ready()) == wanted);
    const auto moment =
        world.store->read<Instant>([&](tegata::store::Reader& r) { return store::moment(r, world.clock); });
    CHECK(moment.error().code().name() == wanted);
    world.clock.step(-by);
    CHECK(world.store->ready());
  }
  world.clock.step(4min);
  CHECK(write_code(world).empty());
}

TEST_CASE("a command of another process judges the clock by what the server committed") {
  World world;
  put_samples(world);
  world.clock.step(a_day);
  const auto other = store::Store::open(world.options, world.clock);
  REQUIRE(other);
  CHECK(code_of((*other)->ready()) == "store_clock_ahead");
}

TEST_CASE("a long stop: known within one boot, believed for 31 days after another, confirmed by its date beyond") {
  World world;
  put_samples(world);
  SECTION("the machine ran on") {
    world.close();
    world.clock.advance(100 * a_day);
    world.reopen();
    CHECK(write_code(world).empty());
  }
  SECTION("the machine was off for a month") {
    world.clock.reboot();
    world.clock.advance(31 * a_day);
    CHECK(write_code(world).empty());
  }
  SECTION("for longer") {
    world.clock.reboot();
    world.clock.advance(31 * a_day + 1s);
    CHECK(write_code(world) == "store_clock_ahead");
    CHECK(repair_on(world, {}).error().code() == errors::store_clock_unconfirmed);
    const auto today = date_of(world);
    CHECK(repair_on(world, today + 2 * a_day).error().code() == errors::store_clock_unconfirmed);
    CHECK(repair_on(world, today - 2 * a_day).error().code() == errors::store_clock_unconfirmed);
    CHECK(write_code(world) == "store_clock_ahead");
    const auto done = repair_on(world, today);
    REQUIRE(done);
    CHECK(done->passes == 0);
    CHECK(write_code(world).empty());
    CHECK(records_of(world, "clock_repaired") == 1);
  }
}

TEST_CASE("repair: back to the right clock, and of what was made under the wrong one nothing lives") {
  World world;
  put_samples(world);
  put_everything(world, "before", "BCD");
  world.clock.advance(1min);
  const auto real = world.clock.now();
  start_with_clock_set(world, 13 * a_day + 23h);  // believed: the ticket of "before" has not ended yet, its pass has
  put_everything(world, "wrong", "FGH");
  world.write<void>([](store::Transaction& transaction) -> Status {
    return transaction.connection().script(
        "INSERT INTO signing_key (kid, material, public_jwk, published_at, use_from) "
        "SELECT 'new', 'file', '{}', value, value + 86400000 FROM meta WHERE name = 'highest_now'; "
        "INSERT INTO facility_starts (facility_code, minute, starts) "
        "SELECT '1312345678', value / 60000, 600 FROM meta WHERE name = 'highest_now'");
  });
  start_with_clock_set(world, -(13 * a_day + 23h));
  CHECK(write_code(world) == "store_clock_behind");

  SECTION("a dry run says it and changes nothing") {
    const auto would = repair_on(world, date_of(world), true);
    REQUIRE(would);
    CHECK(would->passes == 2);
    CHECK(write_code(world) == "store_clock_behind");
    CHECK(records_of(world, "clock_repaired") == 0);
  }
  SECTION("done") {
    const auto records = rows_in(world, "audit");
    const auto done = repair(world);
    REQUIRE(done);
    CHECK(done->passes == 2);
    CHECK(done->passes_of_the_future == 1);
    CHECK(done->tickets == 1);      // that of "wrong"; the mailed one of before has not ended and goes on
    CHECK(done->activations == 2);  // both had ended, or were made under it
    CHECK(done->records > 0);
    CHECK(rows_in(world, "audit") == records + 1);
    CHECK(write_code(world).empty());
    CHECK_FALSE(pass_is_live(world, "before"));
    CHECK_FALSE(pass_is_live(world, "wrong"));
    const auto ticket = world.read<std::optional<store::Handoff>>(
        [](tegata::store::Reader& reader) { return store::find_handoff(reader, "ticket-before"); });
    CHECK(ticket->expires_at == real - 1min + 14 * a_day);
    CHECK(rows_in(world, "facility_starts") == 0);
    const auto keys = world.read<std::vector<store::SigningKeyRow>>(
        [](tegata::store::Reader& reader) { return store::list_signing_keys(reader); });
    CHECK(keys.back().published_at == real);
    CHECK(keys.back().times.use_from == real + a_day);
    CHECK(log_holds(world));
    world.reopen();
    CHECK(world.store->ready());
    CHECK(repair(world).error().code() == errors::store_clock_right);
  }
}

TEST_CASE("repair: no moment of ours lies in the future afterwards") {
  World world;
  put_samples(world);
  start_with_clock_set(world, 30 * a_day);
  put_everything(world, "wrong", "BCD");
  world.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(insert_credential(transaction, sample_credential("phone", "iPhone", transaction.now())));
    TEGATA_TRY(remove_credential(transaction, to_bytes(as_bytes("phone")), "P1"));
    return {};
  });
  start_with_clock_set(world, -30 * a_day);
  REQUIRE(repair(world));
  for (const auto& [table, column] : tegata::store::upkeep::repaired_columns()) {
    const std::string name = std::string(table) + "." + column;
    INFO(name);
    if (name == "client_certificate.not_after" || name == "meta.value" || name == "facility_starts.minute") continue;
    CHECK(rows_in(world, std::string(table) + " WHERE " + column + " > " +
                             std::to_string(unix_milliseconds(world.clock.now() + a_day))) == 0);
  }
}

// Whoever adds a column says whether a repair looks after it: a moment or an end of ours does, what others set does
// not.
TEST_CASE("every number of the schema is a moment that a repair looks after, or none of ours") {
  const std::set<std::string> none_of_ours = {
      "audit.at",  // the chain stays as it is
      "practitioner.second_certificate_not_after", "client_certificate.not_before", "mynumber_link.not_before",
      "mynumber_link.not_after", "revocation_list.this_update", "revocation_list.next_update",
      "metadata_blob.next_update",
      // No times.
      "audit.number", "audit_checkpoint.id", "audit_checkpoint.number", "basis.id", "basis.rests_on",
      "browser_starts.starts", "card_login.basis", "card_login.used", "client.active", "client.resource_server",
      "client_certificate.active", "counter.value", "credential.algorithm", "credential.backup_eligible",
      "credential.backup_state", "credential.basis", "credential.key_protection", "credential.sign_count",
      "credential.uv_initialized", "facility.active", "facility.any_active_certificate", "facility.provisional",
      "facility.typed_code", "facility_starts.starts", "guess_key_mark.id", "handoff.basis", "handoff.unproved",
      "metadata_blob.generation", "metadata_blob.id", "metadata_blob.number", "mynumber_link.basis", "notice.number",
      "notice_channel.delivered", "pass.basis", "pass.dpop", "practitioner.active", "pushed_request.used",
      "schema_version.version", "session.basis", "start_record.used", "ticket_password.line", "ticket_password.tries"};
  std::set<std::string> repaired;
  for (const auto& [table, column] : tegata::store::upkeep::repaired_columns())
    repaired.insert(std::string(table) + "." + column);
  World world;
  const auto columns = world.read<std::vector<std::string>>([](tegata::store::Reader& reader) {
    return reader.connection().list<std::string>(
        "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c "
        "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.type = 'INTEGER'",
        {}, tegata::store::engine::read_text);
  });
  for (const auto& column : columns) {
    INFO(column << ": name it in rp/store/upkeep/clock_repair.cpp, or here");
    CHECK(repaired.count(column) + none_of_ours.count(column) == 1);
  }
  for (const auto& column : repaired) {
    INFO(column);
    CHECK(std::find(columns.begin(), columns.end(), column) != columns.end());
  }
}

TEST_CASE("repair refuses a clock that stands before the whole log, as that of an empty battery does") {
  World world;
  put_samples(world);
  start_with_clock_set(world, -10 * 365 * a_day);
  CHECK(write_code(world) == "store_clock_behind");
  CHECK(repair_on(world, {}).error().code() == errors::store_clock_implausible);
  start_with_clock_set(world, 10 * 365 * a_day);
  CHECK(world.store->ready());
}

TEST_CASE("a running server goes on by itself once another process has repaired the clock") {
  World world;
  put_samples(world);
  start_with_clock_set(world, 20 * a_day);
  CHECK(write_code(world).empty());
  start_with_clock_set(world, -20 * a_day);
  {
    const auto other = store::Store::open(world.options, world.clock);
    REQUIRE(other);
    REQUIRE(
        tegata::store::upkeep::repair_clock(**other, world.clock, {"operator:test", "a test", date_of(world), false}));
  }
  CHECK(world.store->ready());
  CHECK(write_code(world).empty());
  CHECK(log_holds(world));
}

TEST_CASE("a record that is earlier than the one before it is a break, but for the repair of the clock") {
  World world;
  put_samples(world);
  world.close();
  {
    auto connection = tegata::store::engine::Connection::open(world.options.database,
                                                              tegata::store::engine::Connection::Mode::write, {});
    REQUIRE(connection);
    const auto tail = tegata::store::audit::read_tail(**connection);
    const auto key = tegata::store::audit::AuditKey::load(world.options.audit_key);
    REQUIRE(key);
    REQUIRE(tegata::store::audit::append(**connection, **key, *tail, world.clock.now() - 1h, event("earlier")));
  }
  const auto verdict = tegata::store::audit::verify_audit(world.options);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code() == errors::store_audit_broken);
}

TEST_CASE("defect: one round of a purge removed whatever a wrong clock called old") {
  World world;
  put_samples(world);
  const tegata::store::upkeep::Retention retention{11 * a_day, 11 * a_day, 11 * a_day, 24h, 11 * a_day};
  for (int day = 0; day < 8; ++day) {
    put_everything(world, std::to_string(day), std::string("BC") + "DFGHJKLM"[day]);
    world.clock.advance(a_day);
    REQUIRE(round_of(world, retention));
  }
  REQUIRE(rows_in(world, "notice") == 8);
  start_with_clock_set(world, 30 * a_day);  // believed, and all of it would be over
  const auto round = round_of(world, retention);
  REQUIRE(round);
  CHECK(round->behind);
  CHECK(rows_in(world, "notice") == 8);  // two days from here on, none of them is eleven days old
  CHECK(rows_in(world, "pass") == 8);
  start_with_clock_set(world, -30 * a_day);
  REQUIRE(repair(world));
  world.clock.advance(a_day);
  CHECK(round_of(world, retention)->removed.notices == 0);
}

TEST_CASE("defect: a clock that leapt while something was being written was the one to be believed afterwards") {
  World world;
  put_samples(world);
  const auto right = world.clock.now();
  world.write<void>([&](store::Transaction&) -> Status {
    world.clock.step(six_years);
    return {};
  });
  CHECK(write_code(world) == "store_clock_ahead");
  world.clock.step(-six_years);
  CHECK(world.clock.now() == right);
  CHECK(write_code(world).empty());
  CHECK(log_holds(world));
}

TEST_CASE("defect: after a repair a running server recorded no refusals for as long as its clock had been ahead") {
  World world([](tegata::store::Options& options) { options.unproven_per_minute = 1; });
  put_samples(world);
  start_with_clock_set(world, 20 * a_day);
  const auto refuse_from = [&](const std::string& source) {
    CHECK_FALSE(world.store->write<void>([&](store::Transaction& transaction) -> Status {
      transaction.audit_refusal(refusal("store_busy", source));
      return Error(errors::store_busy);
    }));
  };
  for (int i = 0; i < 50; ++i) refuse_from("192.0.2.1");
  const auto kept = records_of(world, "refused");
  world.clock.reboot();
  world.clock.step(-20 * a_day);
  REQUIRE(repair(world));
  world.clock.advance(2min);
  CHECK(write_code(world).empty());
  refuse_from("192.0.2.1");
  CHECK(records_of(world, "records_left_out") == 1);
  CHECK(records_of(world, "refused") == kept + 1);
}

TEST_CASE("defect: a database that was made under a clock of the future was never brought back") {
  World world;
  world.close();
  std::filesystem::remove(world.options.database);
  std::filesystem::remove(world.options.database + ".audit-head");
  std::filesystem::remove(world.options.database + ".epoch");
  const auto right = world.clock.now();
  world.clock.step(six_years);
  world.reopen();
  put_samples(world);
  REQUIRE(round_of(world));
  start_with_clock_set(world, -six_years);
  CHECK(write_code(world) == "store_clock_behind");
  const auto unconfirmed = repair_on(world, {});
  CHECK(unconfirmed.error().code() == errors::store_clock_implausible);
  CHECK(unconfirmed.error().detail().find("--date") != std::string::npos);
  const auto today = std::chrono::floor<std::chrono::days>(right);
  CHECK(repair_on(world, today + 2 * a_day).error().code() == errors::store_clock_implausible);
  REQUIRE(repair_on(world, today));
  CHECK(write_code(world).empty());
  CHECK(round_of(world)->horizon == right);
  CHECK(log_holds(world));
  world.reopen();
  CHECK(world.store->ready());
}

TEST_CASE("two repairs, forth and back: the log holds, and what is old of it is known") {
  World world;
  put_samples(world);
  for (int i = 0; i < 2; ++i) {
    start_with_clock_set(world, 30 * a_day);
    CHECK(write_code(world).empty());
    start_with_clock_set(world, -30 * a_day);
    REQUIRE(repair(world));
    CHECK(write_code(world).empty());
  }
  CHECK(records_of(world, "clock_repaired") == 2);
  CHECK(log_holds(world));
  world.reopen();
  CHECK(world.store->ready());
}

TEST_CASE("defect: the command of a refusal, copied under a clock of last month, ended the tickets of that month") {
  World world;
  put_samples(world);
  const auto right = world.clock.now();
  world.clock.advance(40 * a_day);
  put_everything(world, "now", "BCD");
  start_with_clock_set(world, -30 * a_day);
  const auto refused = repair_on(world, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_clock_unconfirmed);
  CHECK(repair_on(world, date_of(world) + 30 * a_day).error().code() == errors::store_clock_unconfirmed);
  start_with_clock_set(world, 30 * a_day);
  CHECK(world.store->ready());
  const auto ticket = world.read<std::optional<store::Handoff>>(
      [](tegata::store::Reader& reader) { return store::find_handoff(reader, "ticket-now"); });
  CHECK(ticket->expires_at == right + 54 * a_day);
  CHECK(pass_is_live(world, "now"));
}
