// Refusals: recorded although everything else is undone, and never so many that they bury the log.
#include "rp/store/engine/connection.h"
#include "tests/support/power_cut_vfs.h"
#include "tests/support/still_world.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

struct RefusingWorld : World {
  explicit RefusingWorld(std::size_t per_minute = 600, const std::string& vfs = {})
      : World([=](tegata::store::Options& adjusted) {
          adjusted.unproven_per_minute = per_minute;
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
  std::vector<tegata::store::audit::AuditRecord> records(const std::string& kind) {
    std::vector<tegata::store::audit::AuditRecord> out;
    for (auto& one : read<std::vector<tegata::store::audit::AuditRecord>>(
             [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 100'000); })) {
      if (one.event.kind == kind) out.push_back(std::move(one));
    }
    return out;
  }
  bool is_there(const std::string& id) {
    return read<std::optional<store::Handoff>>(
               [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); })
        .has_value();
  }
};

// Begins a hand-off, is then refused, and returns an Error.
Result<bool> begin_and_refuse(RefusingWorld& world, const std::string& id, bool keep) {
  return world.store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    transaction.audit(event("begun"));
    TEGATA_TRY(insert_handoff(transaction, sample_enrollment(id, transaction.now())));
    transaction.audit_refusal(refusal("wrong", "192.0.2.1"));
    if (keep) transaction.keep_effects();
    return Error(errors::hex_malformed, "on purpose");
  });
}

}  // namespace

TEST_CASE("a refusal stands while the effects beside it and their records are undone") {
  RefusingWorld world;
  const auto done = begin_and_refuse(world, "E1", false);
  REQUIRE(!done);
  CHECK(done.error().code() == errors::hex_malformed);
  CHECK(!world.is_there("E1"));
  CHECK(world.records("begun").empty());
  REQUIRE(world.records("refused").size() == 1);
  CHECK(world.records("refused").at(0).event.code == "wrong");
}

TEST_CASE("effects that are kept stand beside the Error, with both records and whatever the limit") {
  RefusingWorld world(1);
  for (const auto* id : {"E1", "E2", "E3"}) {
    const auto done = begin_and_refuse(world, id, true);
    REQUIRE(!done);
    CHECK(done.error().code() == errors::hex_malformed);
    CHECK(world.is_there(id));
  }
  CHECK(world.records("begun").size() == 3);
  CHECK(world.records("refused").size() == 3);
}

TEST_CASE("a refusal alone is the record of the effects that are kept") {
  RefusingWorld world;
  const auto done = world.store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(insert_handoff(transaction, sample_enrollment("E1", transaction.now())));
    transaction.audit_refusal(refusal("wrong", "192.0.2.1"));
    transaction.keep_effects();
    return Error(errors::hex_malformed, "on purpose");
  });
  CHECK(done.error().code() == errors::hex_malformed);
  CHECK(world.is_there("E1"));
}

TEST_CASE("kept effects without any record are undone all the same") {
  RefusingWorld world;
  const auto done = world.store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(insert_handoff(transaction, sample_enrollment("E1", transaction.now())));
    transaction.keep_effects();
    return Error(errors::hex_malformed, "on purpose");
  });
  CHECK(done.error().code() == errors::store_unaudited);
  CHECK(!world.is_there("E1"));
}

TEST_CASE("each source has its own minute, and one record says what was left out") {
  RefusingWorld world(2);
  for (int i = 0; i < 5; ++i) world.refuse("192.0.2.1");  // the first, and one more while 0 * 2 < 2
  for (int i = 0; i < 3; ++i) world.refuse("192.0.2.2");  // the first
  CHECK(world.records("refused").size() == 3);
  world.clock.advance(60s);
  world.refuse("192.0.2.1");
  CHECK(world.records("refused").size() == 4);
  const auto left_out = world.records("records_left_out");
  REQUIRE(left_out.size() == 1);
  CHECK(left_out[0].event.subject == "audit");
  CHECK(left_out[0].event.details ==
        Json{{"since", format_rfc3339(still_moment)},
             {"count", 5},
             {"causes", {{"wrong", 5}}},
             {"sources", 2},
             {"loudest", {{{"source", "192.0.2.1"}, {"count", 3}}, {{"source", "192.0.2.2"}, {"count", 2}}}}});
}

TEST_CASE("what was left out is told when the store closes") {
  RefusingWorld world(1);
  for (int i = 0; i < 5; ++i) world.refuse("192.0.2.1");
  CHECK(world.records("records_left_out").empty());
  CHECK(world.store->figures().audit_left_out == 3);
  world.reopen();
  const auto left_out = world.records("records_left_out");
  REQUIRE(left_out.size() == 1);
  CHECK(left_out[0].event.details["count"] == 3);
  world.close();
  CHECK(store::audit::verify_audit(world.options));
}

TEST_CASE("defect: a closing store signed its last words over a chain that was cut") {
  RefusingWorld world(1);
  for (int i = 0; i < 5; ++i) world.refuse("192.0.2.1");
  {
    auto behind = tegata::store::engine::Connection::open(world.options.database,
                                                          tegata::store::engine::Connection::Mode::write, {});
    REQUIRE(behind);
    REQUIRE((*behind)->run("DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)"));
  }
  world.close();
  const auto verdict = store::audit::verify_audit(world.options);
  REQUIRE(!verdict);
  CHECK(verdict.error().code() == errors::store_audit_broken);
}

TEST_CASE("a failed commit forgets nothing that was left out") {
  PowerCutVfs vfs("refusals");
  RefusingWorld world(1, vfs.name());
  for (int i = 0; i < 5; ++i) world.refuse("192.0.2.1");
  world.clock.advance(61s);
  vfs.fail_syncs(true);
  const auto failed = world.store->write<void>([](store::Transaction&) { return Status(); });
  REQUIRE(!failed);
  CHECK(failed.error().code() == errors::store_commit_failed);
  vfs.fail_syncs(false);
  world.clock.advance(61s);
  world.write<void>([](store::Transaction&) { return Status(); });
  const auto left_out = world.records("records_left_out");
  REQUIRE(left_out.size() == 1);
  CHECK(left_out[0].event.details["count"] == 3);
  world.close();
}

TEST_CASE("limit_used_up_by_failed_commit: a refusal whose record was lost does not count") {
  PowerCutVfs vfs("refusals");
  RefusingWorld world(1, vfs.name());
  vfs.fail_syncs(true);
  for (int i = 0; i < 3; ++i) world.refuse("192.0.2.1");
  vfs.fail_syncs(false);
  CHECK(world.records("refused").empty());
  CHECK(world.store->figures().audit_left_out == 0);
  world.refuse("192.0.2.1");
  CHECK(world.records("refused").size() == 1);
  world.close();
}
