// Records of unproven calls: a share for everybody, bounded in all, and what was left out is counted.
#include "rp/store/audit/sample.h"

#include <cmath>

#include "rp/store/engine/connection.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t per_minute = 600;

struct Sample {
  tegata::store::audit::AuditSample sample{per_minute};
  Instant now = still_moment;

  bool keep(const std::string& source, const std::string& code = "wrong") {
    return sample.keep(refusal(code, source), now).has_value();
  }
  std::size_t keep(std::size_t calls, const std::function<std::string(std::size_t)>& source) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < calls; ++i) kept += keep(source(i));
    return kept;
  }
};

std::string ipv4(const std::string& first, std::size_t i) {
  return first + "." + std::to_string(i / 250 / 250) + "." + std::to_string(i / 250 % 250) + "." +
         std::to_string(i % 250 + 1);
}

// One start of a log-in: a row that nobody had to prove anything for.
void begin(World& world, const std::string& source, int i) {
  const auto begun = world.store->write<void>([&](store::Transaction& transaction) -> Status {
    auto record = event("card_login_started");
    record.source = source;
    transaction.audit_unproven(record);
    return store::insert_start(transaction, {digest(source + std::to_string(i)), digest("cookie"), "enrol", "nonce",
                                             transaction.now() + 10min});
  });
  REQUIRE(begun);
}

std::int64_t rows(World& world, const char* table) {
  return world.read<std::int64_t>([&](tegata::store::Reader& reader) -> Result<std::int64_t> {
    TEGATA_ASSIGN(const auto count, reader.connection().find<std::int64_t>(table, tegata::store::engine::Binding{},
                                                                           tegata::store::engine::read_integer));
    return count.value_or(0);
  });
}

}  // namespace

TEST_CASE("defect: starts of one network filled the audit log") {
  World world;
  for (int i = 0; i < 600; ++i) begin(world, "2001:db8:1:2::" + std::to_string(i + 1), i);
  CHECK(records_of(world, "card_login_started") == 25);
  world.clock.advance(1min);
  begin(world, "192.0.2.1", 0);
  const auto all = world.read<std::vector<tegata::store::audit::AuditRecord>>(
      [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 1000); });
  REQUIRE(all.size() == 27);
  CHECK(all[25].event.kind == "records_left_out");
  CHECK(all[25].event.details["count"] == 575);
  CHECK(all[25].event.details["causes"] == Json{{"card_login_started", 575}});
  CHECK(all[25].event.details["loudest"] == Json{{{"source", "2001:db8:1:2::/64"}, {"count", 575}}});
  world.close();
  CHECK(store::audit::verify_audit(world.options));
}

TEST_CASE("an effect whose record was left out is accounted for; one of a person is recorded whatever the flood") {
  World world([](tegata::store::Options& options) { options.unproven_per_minute = 1; });
  for (int i = 0; i < 20; ++i) begin(world, "192.0.2.1", i);
  CHECK(rows(world, "SELECT COUNT(*) FROM start_record") == 20);
  CHECK(records_of(world, "card_login_started") == 2);
  for (int i = 0; i < 20; ++i) {
    world.write<void>([&](store::Transaction& transaction) -> Status {
      return store::insert_start(transaction, {digest("proven" + std::to_string(i)), digest("cookie"), "enrol", "nonce",
                                               transaction.now() + 10min});
    });
  }
  CHECK(records_of(world, "test") == 20);
}

TEST_CASE("an unproven effect that is undone leaves no record") {
  World world;
  const auto done = world.store->write<void>([](store::Transaction& transaction) -> Status {
    transaction.audit_unproven(event("begun"));
    return Error(errors::internal, "on purpose");
  });
  REQUIRE(!done);
  CHECK(records_of(world, "begun") == 0);
}

TEST_CASE("defect: ten thousand sources hid what everybody else did") {
  Sample flood;
  // All of them are tried, and come back again and again.
  std::size_t kept = 0;
  for (int round = 0; round < 3; ++round) kept += flood.keep(10'000, [](std::size_t i) { return ipv4("10", i); });
  // Each of the flood's sources had its chance: the records are not those of whoever came first.
  CHECK(static_cast<double>(kept) <= per_minute * (2 + std::log(10'000.0 / per_minute)));
  // 500 others come last: some of them stand in the log, about as many as of any 500 of the flood.
  const auto honest = flood.keep(500, [](std::size_t i) { return ipv4("192", i); });
  CHECK(honest >= 20);
  const auto left_out = flood.sample.take(flood.now + 1min);
  REQUIRE(left_out);
  CHECK(left_out->sources.size() >= 9'000);
  CHECK(static_cast<std::size_t>(left_out->count) == 30'500 - kept - honest);
}

TEST_CASE("defect: one record for each source and minute told what was left out, ten thousand of them") {
  World world([](tegata::store::Options& options) { options.unproven_per_minute = 1; });
  for (std::size_t i = 0; i < 500; ++i) begin(world, ipv4("10", i), 0);
  world.clock.advance(1min);
  begin(world, "192.0.2.1", 0);
  CHECK(records_of(world, "records_left_out") == 1);
  CHECK(records_of(world, "card_login_started") <= 10);
}

TEST_CASE("nobody hides behind his own flood: each cause of a source has its first record") {
  Sample flood;
  flood.keep(5'000, [](std::size_t) { return "192.0.2.1"; });
  CHECK(flood.keep("192.0.2.1", "another"));
  CHECK(!flood.keep("192.0.2.1"));
}

TEST_CASE("a flood of few sources takes nothing from the others") {
  Sample flood;
  flood.keep(5'000, [](std::size_t i) { return ipv4("10", i % 100); });
  CHECK(flood.keep(400, [](std::size_t i) { return ipv4("192", i); }) == 400);
}

TEST_CASE("the /64s of one /48 share four places") {
  Sample flood;
  const auto kept = flood.keep(4'000, [](std::size_t i) {
    char text[48];
    std::snprintf(text, sizeof text, "2001:db8:1:%zx::1", i);
    return std::string(text);
  });
  CHECK(kept < 60);
  CHECK(flood.keep(400, [](std::size_t i) { return ipv4("192", i); }) == 400);
}

TEST_CASE("a flood of sources beyond the memory for them stays bounded, and still leaves others a chance") {
  Sample flood;
  const auto kept = flood.keep(60'000, [](std::size_t i) { return ipv4("10", i); });
  CHECK(static_cast<double>(kept) <= per_minute * (2 + std::log(60'000.0 / per_minute)));
  CHECK(flood.keep(1'000, [](std::size_t i) { return ipv4("192", i); }) >= 5);
  const auto left_out = flood.sample.take(flood.now + 1min);
  REQUIRE(left_out);
  CHECK(left_out->sources.size() == 16'384);  // a lower bound
}

TEST_CASE("a new minute begins anew once the last one is told") {
  Sample flood;
  flood.keep(1'000, [](std::size_t) { return "192.0.2.1"; });
  CHECK(!flood.sample.take(flood.now + 59s));
  flood.now += 60s;
  CHECK(flood.sample.take(flood.now));
  CHECK(!flood.sample.has_left_out());
  CHECK(flood.keep(1'000, [](std::size_t) { return "192.0.2.1"; }) == 25);
}
