// What a restore ends, takes in again, lists, and refuses.
#include "rp/store/upkeep/restore.h"

#include <algorithm>
#include <fstream>

#include "rp/store/audit/epoch.h"
#include "rp/store/audit/export.h"
#include "rp/store/audit/heads.h"
#include "rp/store/engine/connection.h"
#include "rp/store/facility_changes.h"
#include "rp/store/signing_keys.h"
#include "rp/store/upkeep/backup.h"
#include "rp/store/upkeep/clock_repair.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Rehearsal : World {
  Rehearsal() { put_samples(*this); }

  void back_up() { REQUIRE(store::upkeep::backup(options, copy)); }

  void record(const std::string& kind, const std::string& subject, Json details = Json::object(),
              const std::function<Status(store::Transaction&)>& effect = nullptr) {
    clock.advance(1s);
    const auto done = store->write<void>([&](store::Transaction& transaction) -> Status {
      if (effect) TEGATA_TRY(effect(transaction));
      transaction.audit({kind, "operator:test", subject, "", details, "", ""});
      return {};
    });
    INFO((done ? std::string() : done.error().detail()));
    REQUIRE(done);
  }

  void export_from(std::int64_t first, const std::string& to) {
    std::ofstream file(to);
    for (const auto& each : read<std::vector<store::audit::AuditRecord>>(
             [&](store::Reader& reader) { return store::audit::list_audit(reader, first, 1000); }))
      file << store::audit::export_line(each) << "\n";
  }

  std::int64_t end_of_log() {
    return read<std::int64_t>([](store::Reader& reader) -> Result<std::int64_t> {
      TEGATA_ASSIGN(const auto all, store::audit::list_audit(reader, 1, 1000));
      return all.back().number;
    });
  }

  // A machine that starts with its clock set by so much.
  void start_with_clock_set(std::chrono::milliseconds by) {
    close();
    clock.reboot();
    clock.step(by);
    reopen();
  }

  void repair_clock() {
    const auto done = store::upkeep::repair_clock(*store, clock, {"operator:test", "a test", clock.now(), false});
    INFO((done ? std::string() : done.error().detail()));
    REQUIRE(done);
  }

  // `today`: as the operator names it.
  Result<store::upkeep::Restored> restore_on(Instant today, std::vector<std::string> exports) {
    named_ = today;
    return restore(std::move(exports));
  }

  Result<store::upkeep::Restored> restore(std::vector<std::string> exports = {}, bool dry_run = false) {
    close();
    clock.advance(1h);
    store::upkeep::RestoreOrder order;
    order.today = named_;
    order.from = copy;
    order.exports = std::move(exports);
    order.actor = "operator:test";
    order.reason = "disk lost";
    order.dry_run = dry_run;
    return store::upkeep::restore(options, clock, order);
  }

  store::upkeep::Restored must_restore(std::vector<std::string> exports = {}) {
    auto done = restore(std::move(exports));
    INFO((done ? std::string() : std::string(done.error().code().name()) + " " + done.error().detail()));
    REQUIRE(done);
    reopen();
    return std::move(*done);
  }

  const std::string copy = folder.file("copy"), lines = folder.file("export.jsonl");

 private:
  std::optional<Instant> named_;
};

bool has_text(const std::vector<std::string>& all, const std::string& part) {
  return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.find(part) != std::string::npos; });
}

Error refusal_of(const Result<store::upkeep::Restored>& done) {
  REQUIRE_FALSE(done);
  return done.error();
}

}  // namespace

TEST_CASE("what was taken away since the copy is taken away again, and what was given is listed") {
  Rehearsal it;
  it.write<void>([&](store::Transaction& transaction) -> Status {
    store::SigningKeyRow key{"kid-1", "file:1", Json::object(), {}, {}};
    key.times.use_from = transaction.now();
    TEGATA_TRY(store::publish_signing_key(transaction, key));
    auto phone = sample_credential("phone-1", "電話", transaction.now());
    TEGATA_TRY(store::insert_credential(transaction, phone, {}));
    return {};
  });
  it.back_up();
  const auto at_copy = it.end_of_log();
  const auto nothing = [](store::Transaction&) { return Status(); };
  it.record("practitioner_suspended", "practitioner:P2", {{"reason", "left"}}, nothing);
  it.record("facility_code_changed", "facility:1399999999", {{"from", "1312345678"}, {"to", "1399999999"}}, nothing);
  it.record("facility_suspended", "facility:1399999999", {{"reason", "closed"}}, nothing);
  it.record("client_suspended", "client:ehr", {{"reason", "stolen"}}, nothing);
  it.record("credential_revoked", "practitioner:P1",
            {{"credential", base64url(to_bytes(as_bytes("phone-1")))}, {"phones", 0}}, nothing);
  it.record("signing_key_withdrawn", "signing_key:kid-1", {{"reason", "copied"}}, nothing);
  it.record("credential_registered", "practitioner:P2", {{"label", "新しい電話"}}, nothing);
  it.record("facility_resumed", "facility:1399999999", {{"reason", "open again"}}, nothing);
  it.record("from_a_later_version", "x:y", Json::object(), nothing);
  it.record("ticket_refused", "x:y", Json::object(), nothing);
  it.export_from(at_copy - 2, it.lines);
  const auto exported = it.end_of_log();
  it.record("practitioner_suspended", "practitioner:P1", {{"reason", "unknown to the export"}}, nothing);

  const auto done = it.must_restore({it.lines});
  CHECK(done.copy.count == at_copy);
  CHECK(done.log.count == exported);
  CHECK((done.replay.first == at_copy + 1 && done.replay.last == exported));
  CHECK(done.replay.done.size() == 5);
  for (const auto& each : done.replay.done) {
    INFO(each.kind);
    CHECK(each.changed);
  }
  std::vector<std::string> missing;
  for (const auto& each : done.replay.missing) missing.push_back(each.kind);
  CHECK(missing == std::vector<std::string>{"facility_code_changed", "credential_registered", "facility_resumed",
                                            "from_a_later_version"});
  CHECK(has_text(done.unknown, "the log had " + std::to_string(exported + 1) + " records"));
  CHECK(has_text(done.unknown, "between "));

  CHECK_FALSE(it.read<std::optional<store::Practitioner>>([](store::Reader& reader) {
                  return store::find_practitioner(reader, "P2");
                })->active);
  CHECK(it.read<std::optional<store::Practitioner>>([](store::Reader& reader) {
            return store::find_practitioner(reader, "P1");
          })->active);
  CHECK_FALSE(it.read<std::optional<store::Facility>>([](store::Reader& reader) {
                  return store::find_facility(reader, "1312345678");
                })->active);
  CHECK_FALSE(it.read<std::optional<store::Client>>([](store::Reader& reader) {
                  return store::find_client(reader, "ehr");
                })->active);
  const auto id = to_bytes(as_bytes("phone-1"));
  CHECK_FALSE(it.read<std::optional<store::BoundCredential>>(
      [&](store::Reader& reader) { return store::find_credential(reader, id); }));
  const auto keys = it.read<std::vector<store::SigningKeyRow>>(store::list_signing_keys);
  CHECK(keys.at(0).times.withdrawn_at.has_value());

  // The log has it all: what was exported, as it was, and behind it the restore.
  const auto all = it.read<std::vector<store::audit::AuditRecord>>(
      [](store::Reader& reader) { return store::audit::list_audit(reader, 1, 1000); });
  const auto& last = all.back();
  CHECK(last.number == exported + 1);
  CHECK(last.event.kind == "restored");
  CHECK(last.event.details["reason"] == "disk lost");
  CHECK(last.event.details["copy"]["records"] == at_copy);
  CHECK(last.event.details["replayed"]["done"].size() == 5);
  CHECK(store::audit::verify_audit(it.options)->records == last.number);
  CHECK(fs::exists(done.moved_to));
}

TEST_CASE("what somebody held at the moment of the copy ends") {
  Rehearsal it;
  const auto token = sha256("cookie");
  it.write<void>([&](store::Transaction& transaction) -> Status {
    const auto now = transaction.now();
    TEGATA_TRY(store::insert_start(transaction, {sha256("start"), sha256("cookie"), "enrol", "nonce", now + 1h}));
    store::Session session;
    session.cookie = token;
    session.practitioner_id = "P1";
    session.purpose = "enrol";
    session.method = "card";
    session.expires_at = now + 24h;
    session.basis = sample_basis;
    TEGATA_TRY(store::insert_session(transaction, session));
    auto ticket = sample_enrollment("ticket-1", now);
    ticket.expires_at = now + 24h;
    TEGATA_TRY(store::insert_handoff(transaction, ticket));
    auto request = sample_activation("request-1", "ABCDEFGH", now);
    request.expires_at = now + 24h;
    TEGATA_TRY(store::insert_handoff(transaction, request));
    return {};
  });
  it.back_up();
  const auto done = it.must_restore();
  CHECK(
      (done.ended.sessions == 1 && done.ended.sign_ins == 1 && done.ended.tickets == 1 && done.ended.activations == 1));
  CHECK_FALSE(it.read<std::optional<store::Session>>(
      [&](store::Reader& reader) { return store::find_session(reader, token, it.clock.now()); }));
  for (const char* id : {"ticket-1", "request-1"}) {
    const auto handoff =
        it.read<std::optional<store::Handoff>>([&](store::Reader& reader) { return store::find_handoff(reader, id); });
    REQUIRE(handoff);
    CHECK(handoff->state == handoff::State::cancelled);
    CHECK(handoff->reason == "store_restored");
  }
}

TEST_CASE("an export that does not go on from the copy is refused, and nothing is changed") {
  Rehearsal it;
  it.record("purge_round", "purge");
  it.back_up();
  for (int i = 0; i < 4; ++i) it.record("facility_suspended", "facility:1312345678");
  const auto end = it.end_of_log();
  it.export_from(end - 3, it.lines);
  const auto rewrite = [&](const std::function<std::string(std::size_t, std::string)>& change) {
    std::vector<std::string> all;
    std::ifstream file(it.lines);
    for (std::string line; std::getline(file, line);) all.push_back(line);
    std::ofstream out(it.lines);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto line = change(i, all[i]);
      if (!line.empty()) out << line << "\n";
    }
  };
  const auto without_mac = [](const std::string& line) {
    auto object = Json::parse(line);
    object.erase("mac");
    return object.dump();
  };
  std::string expected, code = "store_export_unknown";
  SECTION("a gap at its beginning") {
    rewrite([](std::size_t i, const std::string& line) { return i == 0 ? "" : line; });
    expected = "line 1: records " + std::to_string(end - 3) + " to " + std::to_string(end - 3) + " are missing";
  }
  SECTION("a gap in it") {
    rewrite([](std::size_t i, const std::string& line) { return i == 2 ? "" : line; });
    expected = "line 3: records " + std::to_string(end - 1);
  }
  SECTION("an altered record") {
    rewrite([](std::size_t i, std::string line) {
      return i == 1 ? line.replace(line.find("1312345678"), 10, "1312345679") : line;
    });
    expected = "line 2: record " + std::to_string(end - 2) + " is not as it was written";
  }
  SECTION("a record without a MAC, or with another") {
    rewrite([&](std::size_t i, const std::string& line) { return i == 1 ? without_mac(line) : line; });
    expected = "has no MAC";
  }
  SECTION("a forged MAC") {
    rewrite([&](std::size_t i, const std::string& line) {
      auto object = Json::parse(line);
      if (i == 3) object["mac"] = std::string(64, 'a');
      return object.dump();
    });
    expected = "line 4: record " + std::to_string(end) + " has no right MAC";
  }
  SECTION("of another log") {
    Rehearsal other;
    for (int i = 0; i < 5; ++i) other.record("facility_suspended", "facility:1312345678");
    other.export_from(1, it.lines);
    expected = "it is of another log";
  }
  SECTION("no file at all") {
    fs::remove(it.lines);
    expected = it.lines + ": cannot be read";
    code = "store_restore_refused";
  }
  const auto refused = refusal_of(it.restore({it.lines}));
  CHECK(refused.code().name() == code);
  INFO(refused.detail());
  CHECK(refused.detail().find(expected) != std::string::npos);
  it.reopen();
  CHECK(it.end_of_log() == end);
  CHECK_FALSE(fs::exists(store::audit::part_of_restore(it.options.database)));
}

TEST_CASE("exports that overlap, and one that ends before the copy does") {
  Rehearsal it;
  it.record("facility_suspended", "facility:1312345678");
  it.export_from(1, it.folder.file("old"));
  it.back_up();
  it.record("practitioner_suspended", "practitioner:P1");
  it.export_from(1, it.folder.file("first"));
  it.record("practitioner_suspended", "practitioner:P2");
  it.export_from(3, it.folder.file("second"));
  const auto end = it.end_of_log();
  const auto done = it.must_restore({it.folder.file("old"), it.folder.file("first"), it.folder.file("second")});
  CHECK(done.log.count == end);
  CHECK(done.replay.done.size() == 2);
}

TEST_CASE("a dry run says all of it, and leaves everything") {
  Rehearsal it;
  it.back_up();
  it.record("practitioner_suspended", "practitioner:P1");
  it.export_from(1, it.lines);
  const auto end = it.end_of_log();
  const auto would = it.restore({it.lines}, true);
  REQUIRE(would);
  CHECK(would->replay.done.size() == 1);
  CHECK(would->moved_to.empty());
  it.reopen();
  CHECK(it.end_of_log() == end);
}

TEST_CASE("what is in the way of a restore") {
  Rehearsal it;
  it.back_up();
  it.close();
  std::string expected;
  SECTION("no backup") {
    fs::remove(it.copy);
    expected = it.copy + " is not there";
  }
  SECTION("a log beside the database") {
    std::ofstream(it.options.database + "-wal") << "x";
    expected = it.options.database + "-wal lies beside it";
  }
  SECTION("a log beside the backup") {
    std::ofstream(it.copy + "-wal") << "x";
    expected = it.copy + "-wal lies beside it";
  }
  SECTION("no audit key") {
    fs::remove(it.options.audit_key);
    expected = "the audit key is missing";
  }
  const auto refused = refusal_of(it.restore());
  CHECK(refused.code() == errors::store_restore_refused);
  INFO(refused.detail());
  CHECK(refused.detail().find(expected) != std::string::npos);
}

TEST_CASE("a copy whose log does not hold is refused; one without its head is taken, and that is said") {
  Rehearsal it;
  for (int i = 0; i < 4; ++i) it.record("facility_suspended", "facility:1312345678");
  it.back_up();
  const auto alter = [&](const char* statement) {
    auto opened = store::engine::Connection::open(it.copy, store::engine::Connection::Mode::write, {});
    REQUIRE(opened);
    REQUIRE((*opened)->run(statement));
  };
  SECTION("altered") {
    alter("UPDATE audit SET actor = 'x' WHERE number = 2");
    const auto refused = refusal_of(it.restore());
    CHECK(refused.code() == errors::store_audit_broken);
    CHECK(refused.detail() == "record 2 is not as it was written");
  }
  SECTION("half a copy") {
    fs::resize_file(it.copy, fs::file_size(it.copy) / 2);
    CHECK_FALSE(it.restore());
  }
  SECTION("the end cut off") {
    alter("DELETE FROM audit WHERE number = (SELECT MAX(number) FROM audit)");
    CHECK(has_text(it.must_restore().unknown, "is not that of the copy: the head vouches for"));
  }
  SECTION("no head") {
    fs::remove(it.copy + ".audit-head");
    CHECK(has_text(it.must_restore().unknown, ".audit-head is missing"));
  }
  CHECK(fs::exists(it.options.database));
}

TEST_CASE("a copy older than a month needs today's date, as after a boot with a wrong clock") {
  Rehearsal it;
  it.back_up();
  it.close();
  it.clock.reboot();
  it.clock.advance(24h * 60);
  const auto refused = refusal_of(it.restore());
  CHECK(refused.code() == errors::store_clock_ahead);
  CHECK(refused.detail().find("--date") != std::string::npos);
  store::upkeep::RestoreOrder order;
  order.from = it.copy;
  order.actor = "operator:test";
  order.reason = "disk lost";
  order.today = it.clock.now();
  REQUIRE(store::upkeep::restore(it.options, it.clock, order));
  it.reopen();
}

TEST_CASE("defect: a folder, an empty file and one that could not be read to its end counted as exports") {
  Rehearsal it;
  it.back_up();
  std::string file, expected;
  SECTION("a folder") {
    file = it.folder.file("exports");
    fs::create_directory(file);
    expected = "cannot be read to its end";
  }
  SECTION("a file whose octets cannot be read") {
    file = "/proc/self/mem";
    expected = "cannot be read to its end";
  }
  SECTION("an empty file") {
    file = it.lines;
    std::ofstream(file).close();
    expected = "there is no record in it";
  }
  const auto refused = refusal_of(it.restore({file}));
  CHECK(refused.code() == errors::store_restore_refused);
  INFO(refused.detail());
  CHECK(refused.detail().starts_with(file + ": " + expected));
  CHECK(refused.detail().find("`tegata audit export`") != std::string::npos);
}

TEST_CASE("defect: a copy that was made under a clock that was ahead could not be restored") {
  Rehearsal it;
  it.start_with_clock_set(20 * 24h);
  it.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(store::insert_credential(transaction, sample_credential("phone-1", "電話", transaction.now()), {}));
    return {};
  });
  const auto wrong = it.clock.now();
  std::vector<std::string> exports;
  SECTION("and of which nothing more is known") { it.back_up(); }
  SECTION("with an export in which the clock was repaired") {
    it.back_up();
    it.start_with_clock_set(-20 * 24h);
    it.repair_clock();
    it.export_from(1, it.lines);
    exports = {it.lines};
  }
  if (exports.empty()) it.start_with_clock_set(-20 * 24h);
  auto refused = refusal_of(it.restore(exports));
  CHECK(refused.code() == errors::store_clock_behind);
  INFO(refused.detail());
  CHECK(refused.detail().find("--date") != std::string::npos);
  CHECK(refusal_of(it.restore_on(wrong, exports)).code() == errors::store_clock_behind);

  const auto done = it.restore_on(it.clock.now(), exports);
  INFO((done ? std::string() : done.error().detail()));
  REQUIRE(done);
  it.reopen();
  it.record("purge_round", "purge");
  const auto verdict = store::audit::verify_audit(it.options);
  INFO((verdict ? std::string() : verdict.error().detail()));
  CHECK(verdict);
  const auto id = to_bytes(as_bytes("phone-1"));
  const auto phone = it.read<std::optional<store::BoundCredential>>(
      [&](store::Reader& reader) { return store::find_credential(reader, id); });
  REQUIRE(phone);
  CHECK(phone->created_at <= it.clock.now());
  const auto all = it.read<std::vector<store::audit::AuditRecord>>(
      [](store::Reader& reader) { return store::audit::list_audit(reader, 1, 1000); });
  const auto& restored = all.at(all.size() - 2);
  CHECK(restored.event.kind == "restored");
  CHECK(store::upkeep::describe(*done)["record"] == restored.number);
  CHECK(restored.event.details["clock"]["from"] == format_rfc3339(wrong));
  CHECK(all.at(all.size() - 3).event.kind == "clock_repaired");
}

TEST_CASE("defect: exports that were written under a clock that was ahead could not be restored") {
  Rehearsal it;
  it.back_up();
  it.start_with_clock_set(20 * 24h);
  it.record("purge_round", "purge");
  it.export_from(1, it.lines);
  it.clock.reboot();
  it.clock.step(-20 * 24h);
  const auto refused = refusal_of(it.restore({it.lines}));
  CHECK(refused.code() == errors::store_clock_behind);
  CHECK(refused.detail().find("--date") != std::string::npos);
  REQUIRE(it.restore_on(it.clock.now(), {it.lines}));
  it.reopen();
  CHECK(store::audit::verify_audit(it.options));
}

TEST_CASE("a copy older than a month needs no date where its exports are younger") {
  Rehearsal it;
  it.back_up();
  for (int i = 0; i < 3; ++i) {
    it.clock.advance(20 * 24h);
    it.record("purge_round", "purge");
  }
  it.export_from(1, it.lines);
  it.clock.reboot();
  it.must_restore({it.lines});
}

TEST_CASE("heads elsewhere tell a restore that set the clock right from a log that was put back in silence") {
  Rehearsal it;
  const auto heads = it.folder.file("heads");
  const auto keep = [&] {
    const auto lines = store::audit::HeadLines::open(it.options);
    REQUIRE(lines);
    std::ofstream(heads, std::ios::app) << (*lines)->read(it.clock.now())->text << "\n";
  };
  it.back_up();
  it.record("facility_suspended", "facility:1312345678");
  keep();
  it.clock.reboot();
  it.clock.advance(40 * 24h);
  REQUIRE(it.restore_on(it.clock.now() + 1h, {}));
  it.reopen();
  keep();
  const auto verdict = store::audit::verify_heads(it.options, heads);
  INFO((verdict ? std::string() : verdict.error().detail()));
  REQUIRE(verdict);
  CHECK((verdict->lines == 1 && verdict->restored == 1));
}

TEST_CASE("heads elsewhere tell a recorded restore from a log that was put back in silence") {
  Rehearsal it;
  const auto heads = it.folder.file("heads");
  const auto keep = [&] {
    const auto lines = store::audit::HeadLines::open(it.options);
    REQUIRE(lines);
    std::ofstream(heads, std::ios::app) << (*lines)->read(it.clock.now())->text << "\n";
  };
  keep();
  it.back_up();
  for (int i = 0; i < 3; ++i) it.record("facility_suspended", "facility:1312345678");
  keep();
  it.must_restore();
  keep();
  const auto verdict = store::audit::verify_heads(it.options, heads);
  INFO((verdict ? std::string() : verdict.error().detail()));
  REQUIRE(verdict);
  CHECK((verdict->lines == 2 && verdict->restored == 1));
}

TEST_CASE("defect: an export with a record of more than 64 KiB could not be read again") {
  Rehearsal it;
  it.back_up();
  it.record("purge_round", "purge", {{"much", std::string(100'000, 'x')}});
  it.export_from(1, it.lines);
  CHECK(it.must_restore({it.lines}).replay.first == 2);
}

}  // namespace tegata::test
