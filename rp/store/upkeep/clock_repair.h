// An operator says that the clock is right, and the database goes on from there.
//
// Back: the database was written under a clock that was ahead. What had ended by that clock stays ended, what was made
// under it ends, and every moment of ours that lies in the future becomes the present one; times that others set (the
// validity of certificates and lists) stay as they are. The records of the log keep their times: the step back is one
// record, clock_repaired, and only there may a record be earlier than the one before it (check_chain).
//
// Ahead: more time has passed than the store believes by itself. Nothing else changes.
#pragma once

#include <span>

#include "rp/store/store.h"

namespace tegata::store::upkeep {

struct ClockRepair {
  std::string actor;   // "operator:uid-0"
  std::string reason;  // for the log
  // The operator's own word for today, without which nothing is done: midnight UTC of the date that he named.
  std::optional<Instant> today;
  bool dry_run = false;
};

struct RepairedClock {
  Instant from{}, to{};      // what the database held for the present, and what it holds now
  std::int64_t records = 0;  // of the log that lie in the future, and stay
  std::int64_t passes = 0, tickets = 0, activations = 0, sign_ins = 0;  // that ended by it
  // Of those passes, the ones that were signed under the wrong clock: who never asks for their status believes their
  // own times until the keys are withdrawn (`tegata key rotate --emergency`).
  std::int64_t passes_of_the_future = 0;
};
Json describe(const RepairedClock&);

// One transaction with its audit record. Errors: store_clock_right, where nothing is to be repaired;
// where `today` is not the clock's date in any time zone, store_clock_implausible, where it stands before the first
// record of the log, and store_clock_unconfirmed otherwise; those of the store.
Result<RepairedClock> repair_clock(Store&, const Clock&, const ClockRepair&);
// Likewise, in a transaction of Purpose::set_clock that is under way; `dry_run` is its owner's to heed.
Result<RepairedClock> repair_clock(Transaction&, const Clock&, const ClockRepair&);

// A date begins up to 14 hours before it does in UTC. `today`: its midnight UTC.
bool names_today(const std::optional<Instant>& today, Instant now);

// The columns that a repair looks after; tests hold the schema against them.
struct RepairedColumn {
  const char *table, *column;
};
std::span<const RepairedColumn> repaired_columns();

}  // namespace tegata::store::upkeep
