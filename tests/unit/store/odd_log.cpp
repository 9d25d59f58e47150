// Records that nobody of us wrote, with values that nobody of us writes: they are found, accepted, exported, and
// purged.
#include "rp/store/engine/connection.h"
#include "rp/store/upkeep/acknowledgement.h"
#include "rp/store/upkeep/audit_acceptance.h"
#include "rp/store/upkeep/purge.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

using namespace std::chrono_literals;

// The third of three, altered and accepted.
struct OddWorld : World {
  explicit OddWorld(const std::string& change) {
    for (int i = 0; i < 3; ++i) write<void>([](store::Transaction&) { return Status(); });
    const auto beside = store::engine::Connection::open(options.database, store::engine::Connection::Mode::write, {});
    REQUIRE(beside);
    INFO(change);
    REQUIRE((*beside)->script(("UPDATE audit SET " + change + " WHERE number = 3").c_str()));
    const auto accepted = store::upkeep::accept_audit(options, clock, random, {"operator:test", "seen", false});
    INFO((accepted ? std::string() : accepted.error().detail()));
    REQUIRE(accepted);
    CHECK(accepted->record == 4);
  }
  std::vector<store::audit::AuditRecord> records() {
    return read<std::vector<store::audit::AuditRecord>>(
        [](store::Reader& reader) { return store::audit::list_audit(reader, 1, 100); });
  }
};

}  // namespace

TEST_CASE("defect: an accepted record whose details are no JSON was the end of every export") {
  OddWorld world(GENERATE("details = '{'", "details = x'00'", "details = ''"));
  const auto records = world.records();
  REQUIRE(records.size() == 4);
  CHECK(records[2].event.details.contains("unreadable"));
}

TEST_CASE("defect: details nested without end in a forged record ended the program that verified it") {
  const std::string zeros = "hex(zeroblob(1000000))";
  OddWorld world("details = replace(" + zeros + ", '00', '[') || replace(" + zeros + ", '00', ']')");
  CHECK(world.records()[2].event.details.contains("unreadable"));
  CHECK(store::audit::verify_audit(world.options));
}

TEST_CASE("defect: an accepted record that names a moment far ahead kept the log from being purged for ever") {
  OddWorld world(GENERATE("at = 9223372036854775807", "at = 'soon'", "at = at + 4000000000000"));
  world.write<bool>([](store::Transaction& transaction) -> Result<bool> {
    TEGATA_ASSIGN(const auto records, store::audit::list_audit(transaction, 4, 1));
    return store::upkeep::acknowledge_export(transaction, {4, records.at(0).hash}, "operator:test");
  });
  const auto purged = [&] {
    const auto done = store::upkeep::purge(*world.store, world.options, {24h, 24h, 24h, 24h, 24h}, "operator:test");
    INFO((done ? std::string() : done.error().detail()));
    REQUIRE(done);
    return done->removed.audit_records;
  };
  CHECK(purged() == 0);
  world.clock.advance(48h);
  CHECK(purged() == 4);
  CHECK(store::audit::verify_audit(world.options));
}

}  // namespace tegata::test
