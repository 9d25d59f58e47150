// When the clock is believed. A wrong clock does no harm once: what it ends, ends early. Committed, it ends everything
// that lives, and no later moment is believed any more. So each commit leaves a mark, and the next one is judged by it.
//
//  - Behind: more than 5 s before the latest committed moment. Nothing that has ended may revive.
//  - Within one boot of the machine the monotonic clock says how much time has passed, whoever commits. A clock that
//    says something else by more than 5 minutes was set, forwards or backwards.
//  - After a boot nothing says it: the machine may have been off for long. More than 31 days are not believed unless an
//    operator says so (store/upkeep/clock_repair.h).
//
// No other source is asked. The state of the kernel's synchronisation is no answer where the host keeps the time of its
// guests, and what others have signed comes over a network that a start would then depend on.
#pragma once

#include "rp/store/engine/connection.h"
#include "rp/store/store.h"

namespace tegata::store {

inline constexpr std::chrono::seconds clock_tolerance{5};
inline constexpr std::chrono::minutes clock_step{5};
inline constexpr std::chrono::hours clock_gap{31 * 24};

struct ClockMark {
  Instant highest{};                  // the latest moment that was committed
  std::int64_t boot = 0;              // of the last commit; 0 for none
  std::chrono::milliseconds ahead{};  // by how much the clock was ahead of the monotonic one then
};

// The clock as it stands. What is read once is judged, used and kept: a clock that leaps meanwhile is judged the next
// time.
ClockMark read_clock(const Clock& clock);
Result<ClockMark> read_clock_mark(engine::Connection& connection);
// `stored` is what was read in this transaction. Small differences of `ahead` are not written each time.
Status write_clock_mark(engine::Connection& connection, const ClockMark& stored, const ClockMark& mark);

// What the clock should say, as far as is known: not earlier than this, and where it is `exact`, not later either.
struct ExpectedTime {
  Instant least{};
  bool exact = false;
};
ExpectedTime expected_time(const ClockMark& mark, const ClockMark& read);

// The mark of what is done now, whose moment is never before that of `mark`. Errors: store_clock_behind,
// store_clock_ahead, each with the command that goes on from here where the clock is right after all.
Result<ClockMark> next_mark(const ClockMark& mark, const ClockMark& read);

}  // namespace tegata::store
