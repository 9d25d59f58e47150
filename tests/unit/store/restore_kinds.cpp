// The table of what a restore does with each kind of record.
#include <catch2/catch.hpp>

#include <algorithm>

#include "rp/store/upkeep/restore_replay.h"

namespace tegata::test {

TEST_CASE("every kind stands once, in order, and says what to do where it is missing") {
  const auto kinds = store::upkeep::replayed_kinds();
  CHECK(std::is_sorted(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) { return a.kind < b.kind; }));
  for (const auto& each : kinds) {
    INFO(each.kind);
    CHECK((each.replaying != store::upkeep::Replaying::missing || !each.what_to_do.empty()));
    CHECK(std::count_if(kinds.begin(), kinds.end(), [&](const auto& other) { return other.kind == each.kind; }) == 1);
  }
}

}  // namespace tegata::test
