#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("samples are stored and found again after a restart") {
  World world;
  put_samples(world);
  world.reopen();
  const auto found = world.read<std::optional<store::Practitioner>>(
      [](tegata::store::Reader& reader) { return store::find_practitioner(reader, "P1"); });
  REQUIRE(found);
  CHECK(found->name == "検証 太郎");
  CHECK(found->roles == std::vector<std::string>{"Medical Doctor"});
  const auto id = world.write<bool>([&](store::Transaction& transaction) {
    return insert_handoff(transaction, sample_activation("A1", "BCDF", transaction.now()));
  });
  CHECK(id);
  CHECK(world.write<bool>([&](store::Transaction& transaction) {
    store::Condition condition;
    condition.standing = store::Standing::request;
    condition.login_hint = "P1";
    store::Change change;
    change.owner = digest("owner");
    return advance(transaction, handoff::Kind::activation, "A1", handoff::Event::claim, condition, change);
  }));
  world.close();
  const auto verdict = store::audit::verify_audit(world.options);
  REQUIRE(verdict);
  CHECK(verdict->records == 3);
  CHECK(verdict->signed_records == 3);
}
