// What a condition asks of the credential, and the moment at which a view is judged.
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;
using handoff::Event;
using handoff::Kind;
using handoff::State;

namespace {

void put_credential(World& world, const std::string& practitioner_id) {
  auto credential = sample_credential("C1", "phone", world.clock.now());
  credential.practitioner_id = practitioner_id;
  REQUIRE(does(world, [&](store::Transaction& t) { return insert_credential(t, credential); }));
}

store::Handoff approved(const World& world, const Bytes& credential_id) {
  auto out = sample_activation("A1", "BCDF", world.clock.now());
  out.state = State::fulfilled;
  out.practitioner_id = "P1";
  out.credential_id = credential_id;
  out.basis = sample_basis;
  return out;
}

Operation close_with_credential() {
  return [](store::Transaction& transaction) {
    store::Condition condition;
    condition.standing = store::Standing::whole;
    return advance(transaction, Kind::activation, "A1", Event::close, condition);
  };
}

}  // namespace

TEST_CASE("defect: no condition asked for the credential: it must be bound, to that person, and not removed") {
  World world;
  put_samples(world);
  const auto sample = sample_credential("C1", "phone", world.clock.now());
  REQUIRE(does(world, [&](store::Transaction& t) { return insert_handoff(t, approved(world, sample.record.id)); }));
  SECTION("bound") {
    put_credential(world, "P1");
    CHECK(does(world, close_with_credential()));
  }
  SECTION("unknown") { CHECK(refuses(world, close_with_credential())); }
  SECTION("another person's") {
    put_credential(world, "P2");
    CHECK(refuses(world, close_with_credential()));
  }
  SECTION("removed") {
    put_credential(world, "P1");
    REQUIRE(does(world, [&](store::Transaction& t) { return remove_credential(t, sample.record.id, "P1"); }));
    CHECK(refuses(world, close_with_credential()));
  }
}

TEST_CASE("defect: a reader had no moment: never earlier than what was committed, never much behind it") {
  World world;
  put_samples(world);
  const auto committed = world.clock.now();
  const auto moment_at = [&](Instant now) {
    world.clock.set(now);
    return world.store->read<Instant>(
        [&](tegata::store::Reader& reader) { return store::moment(reader, world.clock); });
  };
  CHECK(moment_at(committed + 1ms).value() == committed + 1ms);
  CHECK(moment_at(committed - 1ms).value() == committed);
  CHECK(moment_at(committed - 5s).value() == committed);
  const auto behind = moment_at(committed - 5001ms);
  REQUIRE_FALSE(behind);
  CHECK(behind.error().code() == errors::store_clock_behind);
}
