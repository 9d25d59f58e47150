// Refusals: recorded although everything else is undone, and never so many that they bury the log.
#include "rp/store/refusal_limits.h"
#include "tests/support/power_cut_vfs.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

struct Room : World {
  explicit Room(std::size_t per_minute = 60, const std::string& vfs = {})
      : World([=](store::Options& adjusted) {
          adjusted.refusals_per_source_per_minute = per_minute;
          adjusted.vfs = vfs;
        }) {
    put_samples(*this);
  }
  // One refusal of this source that changes nothing.
  void refuse(const std::string& source) {
    const auto done = store->write<void>([&](store::Transaction& transaction) -> Status {
      transaction.audit_refusal(refusal("wrong", source));
      return Error(errors::internal, "refused");
    });
    REQUIRE(!done);
  }
  std::vector<store::AuditRecord> records(const std::string& kind) {
    std::vector<store::AuditRecord> out;
    for (auto& one :
         read<std::vector<store::AuditRecord>>([](store::Reader& reader) { return list_audit(reader, 1, 100'000); })) {
      if (one.event.kind == kind) out.push_back(std::move(one));
    }
    return out;
  }
  bool is_there(const std::string& id) {
    return read<std::optional<store::Handoff>>([&](store::Reader& reader) { return find_handoff(reader, id); })
        .has_value();
  }
};

// Begins a hand-off, is then refused, and returns an Error.
Result<bool> begin_and_refuse(Room& room, const std::string& id, bool keep) {
  return room.store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    transaction.audit(event("begun"));
    TEGATA_TRY(insert_handoff(transaction, sample_enrollment(id, transaction.now())));
    transaction.audit_refusal(refusal("wrong", "192.0.2.1"));
    if (keep) transaction.keep_effects();
    return Error(errors::hex_malformed, "on purpose");
  });
}

}  // namespace

TEST_CASE("a refusal stands while the effects beside it and their records are undone") {
  Room room;
  const auto done = begin_and_refuse(room, "E1", false);
  REQUIRE(!done);
  CHECK(done.error().code() == errors::hex_malformed);
  CHECK(!room.is_there("E1"));
  CHECK(room.records("begun").empty());
  REQUIRE(room.records("refused").size() == 1);
  CHECK(room.records("refused").at(0).event.code == "wrong");
}

TEST_CASE("effects that are kept stand beside the Error, with both records and whatever the limit") {
  Room room(1);
  for (const auto* id : {"E1", "E2", "E3"}) {
    const auto done = begin_and_refuse(room, id, true);
    REQUIRE(!done);
    CHECK(done.error().code() == errors::hex_malformed);
    CHECK(room.is_there(id));
  }
  CHECK(room.records("begun").size() == 3);
  CHECK(room.records("refused").size() == 3);
}

TEST_CASE("a refusal alone is the record of the effects that are kept") {
  Room room;
  const auto done = room.store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(insert_handoff(transaction, sample_enrollment("E1", transaction.now())));
    transaction.audit_refusal(refusal("wrong", "192.0.2.1"));
    transaction.keep_effects();
    return Error(errors::hex_malformed, "on purpose");
  });
  CHECK(done.error().code() == errors::hex_malformed);
  CHECK(room.is_there("E1"));
}

TEST_CASE("kept effects without any record are undone all the same") {
  Room room;
  const auto done = room.store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(insert_handoff(transaction, sample_enrollment("E1", transaction.now())));
    transaction.keep_effects();
    return Error(errors::hex_malformed, "on purpose");
  });
  CHECK(done.error().code() == errors::store_unaudited);
  CHECK(!room.is_there("E1"));
}

TEST_CASE("each source has its own minute") {
  Room room(2);
  for (int i = 0; i < 3; ++i) room.refuse("192.0.2.1");
  for (int i = 0; i < 2; ++i) room.refuse("192.0.2.2");
  CHECK(room.records("refused").size() == 4);
  room.clock.advance(60s);
  room.refuse("192.0.2.1");
  CHECK(room.records("refused").size() == 5);
  const auto dropped = room.records("refusals_dropped");
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0].event.subject == "source:192.0.2.1");
  CHECK(dropped[0].event.details == Json{{"count", 1}});
}

TEST_CASE("what was dropped is told when the store closes") {
  Room room(1);
  for (int i = 0; i < 5; ++i) room.refuse("192.0.2.1");
  CHECK(room.records("refusals_dropped").empty());
  room.reopen();
  const auto dropped = room.records("refusals_dropped");
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0].event.details == Json{{"count", 4}});
  room.close();
  CHECK(verify_audit(room.options));
}

TEST_CASE("a failed commit forgets no dropped refusal") {
  PowerCutVfs vfs("refusals");
  Room room(1, vfs.name());
  for (int i = 0; i < 5; ++i) room.refuse("192.0.2.1");
  room.clock.advance(61s);
  vfs.fail_syncs(true);
  const auto failed = room.store->write<void>([](store::Transaction&) { return Status(); });
  REQUIRE(!failed);
  CHECK(failed.error().code() == errors::store_commit_failed);
  vfs.fail_syncs(false);
  room.clock.advance(61s);
  room.write<void>([](store::Transaction&) { return Status(); });
  const auto dropped = room.records("refusals_dropped");
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0].event.details == Json{{"count", 4}});
  room.close();
}

TEST_CASE("limit_used_up_by_failed_commit: a refusal whose record was lost does not count") {
  PowerCutVfs vfs("refusals");
  Room room(1, vfs.name());
  vfs.fail_syncs(true);
  room.refuse("192.0.2.1");
  vfs.fail_syncs(false);
  CHECK(room.records("refused").empty());
  room.refuse("192.0.2.1");
  CHECK(room.records("refused").size() == 1);
  room.close();
}

TEST_CASE("sources beyond the ten thousandth share one minute") {
  store::RefusalLimits limits(1);
  const auto now = from_unix_seconds(1'795'200'000);
  for (int i = 0; i < 10'000; ++i) REQUIRE(limits.admit("s" + std::to_string(i), now));
  CHECK(limits.admit("x", now));
  CHECK(!limits.admit("y", now));
  CHECK(!limits.admit("s0", now));
  CHECK(limits.take_dropped(now + 59s).empty());
  CHECK(limits.has_dropped());
  CHECK(limits.take_dropped(now + 60s).size() == 2);
  CHECK(!limits.has_dropped());
  CHECK(limits.admit("y", now + 60s));
}
