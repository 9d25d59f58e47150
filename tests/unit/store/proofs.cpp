// Proofs that are good once.
#include "rp/store/proofs.h"

#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

TEST_CASE("a proof is spent once, until its time is over") {
  World world;
  const auto spend = [&](Instant forget_after) {
    return does(world, [=](store::Transaction& t) { return store::spend_proof(t, digest("proof"), forget_after); });
  };
  const Instant end = world.clock.now() + 1min;
  CHECK(spend(end));
  CHECK_FALSE(spend(end));
}

TEST_CASE("defect: a proof whose time ran out while it waited for the writer was taken as a new one") {
  World world;
  const Instant end = world.clock.now() + 1min;
  const auto spend = [&] {
    return does(world, [=](store::Transaction& t) { return store::spend_proof(t, digest("proof"), end); });
  };
  CHECK(spend());
  world.clock.advance(1min);
  CHECK_FALSE(spend());
  CHECK_FALSE(spend());
}

TEST_CASE("starts that browsers cause have a count of their own") {
  World world;
  put_samples(world);
  const auto start = [&](store::Starter starter) {
    return does(world, [=](store::Transaction& t) { return store::count_start(t, "1312345678", 2, starter); });
  };
  for (const auto starter : {store::Starter::browser, store::Starter::client}) {
    CHECK(start(starter));
    CHECK(start(starter));
    CHECK_FALSE(start(starter));
  }
}
