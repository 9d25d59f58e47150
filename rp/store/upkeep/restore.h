// `tegata restore`: a backup is taken into use, or what lies at the database's place already is taken for one.
//
// What a restore brings back may have been taken away since. So everything ends that somebody held at the moment of the
// copy (sessions, log-ins, tickets, requests, passes); what the exports of the log say was taken away since is taken
// away again, and what was given since is listed, for people to give it again. The records of those exports become
// part of the log once more. One record, "restored", says all of it, and another epoch begins (store/audit/epoch.h).
//
// All or nothing: the new state is prepared beside the database, with its record, then put in its place. Whoever ends
// it half-way finds the old state, or a refusal that names this command.
#pragma once

#include "rp/store/audit/chain.h"
#include "rp/store/store.h"
#include "rp/store/upkeep/clock_repair.h"
#include "rp/store/upkeep/restore_replay.h"

namespace tegata::store::upkeep {

struct RestoreOrder {
  std::string from;                  // the copy, with its head beside it; empty: what lies at its place
  std::vector<std::string> exports;  // in the order of their records
  std::string actor, reason;
  // The operator's own word for today, midnight UTC of the date that he named: without it neither a copy older than a
  // month is believed to be that old, nor one that was made under a clock that was ahead to be of the future.
  std::optional<Instant> today = std::nullopt;
  bool dry_run = false;
};

struct RestoredEnds {
  std::int64_t sessions = 0, sign_ins = 0, codes = 0, tickets = 0, activations = 0, passes = 0, downloads = 0;
};

struct Restored {
  std::string from;
  audit::ChainTail copy;  // where its log ended, and the moment of that record
  Instant copy_ends_at{};
  audit::ChainTail log;                // where it ends with the exports
  std::optional<RepairedClock> clock;  // that the restore repaired: then that is the next record
  std::int64_t record = 0;             // "restored"
  RestoredEnds ended;
  Replay replay;
  std::vector<std::string> unknown;  // what nobody can know, in sentences
  std::string moved_to;              // where what lay there is now; empty: nothing did
};
Json describe(const Restored&);

// Errors: store_in_use, also where somebody has the database open; store_busy, where it was written meanwhile;
// store_restore_refused, with what is in the way; store_export_unknown, where an export does not
// go on from the copy; store_audit_broken, where the copy's log does not hold; store_clock_behind, store_clock_ahead;
// those of verify_integrity and of the files. Nothing was changed then.
Result<Restored> restore(const Options&, const Clock&, const RestoreOrder&);

// The steps by which what was prepared takes its place, in this order. Between any two of them the database is the old
// one, and is refused but by the first: by then the epoch is the new one's. Apart for the tests.
struct Placing {
  const Options& options;
  std::string kept;   // the name under which the old one stays
  std::string epoch;  // the line
};
using PlacingStep = std::function<Status()>;
std::vector<PlacingStep> placing_steps(const Placing&);

}  // namespace tegata::store::upkeep
