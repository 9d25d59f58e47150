// From published to ended: which key signs at a moment, and which the JWKS must show.
#include "rp/pass/key_life.h"
#include "tests/support/still_world.h"

#include <catch2/catch.hpp>

using namespace tegata;
using namespace tegata::pass;
using namespace std::chrono_literals;

namespace {

const Instant start = tegata::test::still_moment;

KeyTimes from(Instant use_from, Instant last_pass_end = {}) { return {use_from, std::nullopt, last_pass_end}; }
KeyTimes withdrawn(KeyTimes key, Instant at) {
  key.withdrawn_at = at;
  return key;
}
using States = std::vector<KeyState>;

}  // namespace

TEST_CASE("a key signs from its moment on and not a millisecond earlier") {
  const std::vector<KeyTimes> keys = {from(start), from(start + 24h)};
  CHECK(key_states(keys, start + 24h - 1ms) == States{KeyState::active, KeyState::published});
  CHECK(key_states(keys, start + 24h) == States{KeyState::retiring, KeyState::active});
  CHECK(key_states({}, start).empty());
}

TEST_CASE("an old key stays until its last pass has ended, and ten minutes at least") {
  const Instant turn = start + 24h;
  const std::vector<KeyTimes> quiet = {from(start, turn + 1min), from(turn)};
  CHECK(key_states(quiet, turn + least_retirement - 1ms)[0] == KeyState::retiring);
  CHECK(key_states(quiet, turn + least_retirement)[0] == KeyState::ended);
  const std::vector<KeyTimes> busy = {from(start, turn + 18h), from(turn)};
  CHECK(key_states(busy, turn + 18h - 1ms)[0] == KeyState::retiring);
  CHECK(key_states(busy, turn + 18h)[0] == KeyState::ended);
}

TEST_CASE("the time to stay counts from the key that came next, not from the last of all") {
  const std::vector<KeyTimes> keys = {from(start), from(start + 1h), from(start + 2h)};
  CHECK(key_states(keys, start + 2h) == States{KeyState::ended, KeyState::retiring, KeyState::active});
}

TEST_CASE("a withdrawn key is nothing else, and replaces nobody") {
  const std::vector<KeyTimes> keys = {withdrawn(from(start, start + 18h), start + 1h), from(start + 1h)};
  CHECK(key_states(keys, start + 1h) == States{KeyState::withdrawn, KeyState::active});
  // The one that was to come is withdrawn before its turn: the one in use stays.
  const std::vector<KeyTimes> early = {from(start), withdrawn(from(start + 24h), start + 1h)};
  CHECK(key_states(early, start + 48h) == States{KeyState::active, KeyState::withdrawn});
}

TEST_CASE("every state has its name") {
  CHECK(name_of(KeyState::published) == "published");
  CHECK(name_of(KeyState::withdrawn) == "withdrawn");
}
