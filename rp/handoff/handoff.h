// The cross-device hand-off: begun on one screen, carried by a QR, done on a phone, finished on both.
// Enrollment and activation are the two kinds. Everything that may happen to one stands in one table.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace tegata::handoff {

enum class Kind { enrollment, activation };

enum class State {
  created,    // the QR is on the screen
  claimed,    // one phone owns it
  confirmed,  // enrollment only: the holder typed the phone's number on the PC
  fulfilled,  // the phone did its part: credential bound, or activation approved
  closed,     // the other side has seen it: label confirmed, or pass redeemed
  denied,     // the person said no, the number was wrong, or a second phone came
  cancelled,  // the side that began it took it back
  expired,    // time ran out
};

enum class Event { claim, confirm, fulfil, close, deny, cancel, expire };

inline constexpr State all_states[] = {State::created, State::claimed, State::confirmed, State::fulfilled,
                                       State::closed,  State::denied,  State::cancelled, State::expired};
inline constexpr Event all_events[] = {Event::claim, Event::confirm, Event::fulfil, Event::close,
                                       Event::deny,  Event::cancel,  Event::expire};

// The state after the event, or nothing where the table has no such move.
std::optional<State> advance(Kind kind, State state, Event event);

// Every state from which the event moves on: what a conditional change in the database asks for.
std::vector<State> sources(Kind kind, Event event);
// Where the event leads; the same from every source.
State target(Event event);

// No event leads out of these.
bool is_final(Kind kind, State state);

// Names for the database and the log ("created", "claimed", ...).
std::string_view name(Kind kind);
std::string_view name(State state);
std::string_view name(Event event);
std::optional<State> parse_state(std::string_view name);
std::optional<Kind> parse_kind(std::string_view name);

// The word that screens use for a state: enrollment "waiting", "opened", "confirmed", "registered", "done",
// "rejected", "expired"; activation "created", "scanned", "approved", "redeemed", "denied", "cancelled", "expired".
std::string_view shown(Kind kind, State state);

}  // namespace tegata::handoff
