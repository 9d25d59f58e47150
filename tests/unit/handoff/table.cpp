#include <catch2/catch.hpp>
#include <algorithm>
#include <map>
#include <string>

#include "rp/handoff/handoff.h"

using namespace tegata::handoff;

namespace {

// The whole table, written a second time by hand: state by state, what each event does ('.' nothing).
// Columns: claim confirm fulfil close deny cancel expire.
const std::map<State, std::string> enrollment_rows = {
    {State::created, "C...DXE"}, {State::claimed, ".F..DXE"}, {State::confirmed, "..R.DXE"}, {State::fulfilled, "...Z..."},
    {State::closed, "......."},  {State::denied, "......."},  {State::cancelled, "......."}, {State::expired, "......."},
};
const std::map<State, std::string> activation_rows = {
    {State::created, "C...DXE"}, {State::claimed, "..R.DXE"}, {State::confirmed, "......."}, {State::fulfilled, "...Z.XE"},
    {State::closed, "......."},  {State::denied, "......."},  {State::cancelled, "......."}, {State::expired, "......."},
};
const std::map<char, State> letters = {{'C', State::claimed}, {'F', State::confirmed}, {'R', State::fulfilled}, {'Z', State::closed},
                                       {'D', State::denied},  {'X', State::cancelled}, {'E', State::expired}};

void check_all(Kind kind, const std::map<State, std::string>& rows) {
  for (const State state : all_states) {
    bool any = false;
    for (const Event event : all_events) {
      const char letter = rows.at(state)[static_cast<std::size_t>(event)];
      INFO(name(kind) << " " << name(state) << " " << name(event));
      const auto next = advance(kind, state, event);
      if (letter == '.') {
        CHECK_FALSE(next.has_value());
        continue;
      }
      any = true;
      REQUIRE(next.has_value());
      CHECK(*next == letters.at(letter));
      CHECK(target(event) == *next);
      const auto from = sources(kind, event);
      CHECK(std::count(from.begin(), from.end(), state) == 1);
    }
    CHECK(is_final(kind, state) == !any);
  }
}

}  // namespace

TEST_CASE("every state and event of an enrollment does what the table says") { check_all(Kind::enrollment, enrollment_rows); }
TEST_CASE("every state and event of an activation does what the table says") { check_all(Kind::activation, activation_rows); }

TEST_CASE("no path leads out of a final state, and none back to an earlier one") {
  for (const Kind kind : {Kind::enrollment, Kind::activation}) {
    for (const State state : all_states) {
      for (const Event event : all_events) {
        const auto next = advance(kind, state, event);
        if (!next) continue;
        CHECK(*next > state);
        if (is_final(kind, state)) FAIL("left a final state");
      }
    }
  }
}

TEST_CASE("names read back, and every state has a word for the screen") {
  for (const State state : all_states) {
    CHECK(parse_state(name(state)) == state);
    for (const Kind kind : {Kind::enrollment, Kind::activation}) {
      CHECK(parse_kind(name(kind)) == kind);
      CHECK_FALSE(shown(kind, state).empty());
    }
  }
  CHECK_FALSE(parse_state("nowhere").has_value());
}
