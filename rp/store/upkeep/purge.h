// What is over is forgotten after its time: requests, passes, log-ins, notices, and the beginning of the audit log.
//
// Removed phones and used credential IDs stay: an ID is never bound twice. What has not ended is never touched.
//
// The log stays verifiable: its beginning is walked once more, then cut off in one transaction with a checkpoint, which
// is the number and hash of the last record that is gone and a signature of the audit key over both. Whoever removes
// records without that key is found out (verify_audit). A break in what is to be cut stops the cut. No record goes that
// no acknowledged export holds (store/upkeep/acknowledgement.h).
//
// A round looks up to its horizon, which is the present, but at most two days after the horizon of the round before. So
// a clock that is wrong, and was believed, removes two days' worth before anybody can look; and what a long stop left
// is caught up with, two days a round.
#pragma once

#include <stop_token>

#include "rp/store/store.h"

namespace tegata::store::upkeep {

// How long each is kept after its end; records of the log, after they were written.
struct Retention {
  std::chrono::hours requests{366 * 24};  // tickets and activations, with their passwords and tries
  std::chrono::hours passes{366 * 24};
  std::chrono::hours notices{366 * 24};  // only what every channel has delivered
  std::chrono::hours sign_ins{24};       // start records, card log-ins, sessions, challenges, proofs, pushed requests,
                                         // and activations that nobody proved to ask for and nobody approved
  std::chrono::hours audit{5 * 366 * 24};
};

struct Purged {
  std::int64_t tickets = 0, activations = 0, passes = 0, notices = 0, sign_ins = 0, audit_records = 0;
  friend bool operator==(const Purged&, const Purged&) = default;
};
Json describe(const Purged&);

struct PurgeRound {
  Purged removed;
  Instant horizon{};
  bool behind = false;              // the horizon is not the present yet: later rounds remove more
  std::int64_t unacknowledged = 0;  // records of the log that are old enough, and stay
};
Json describe(const PurgeRound&);

inline constexpr std::chrono::hours purge_step{48};

// What a round up to `horizon` would remove. Requests whose pass is removed in the same round are counted too.
Result<PurgeRound> count_purgeable(Reader&, const Retention&, Instant horizon);
// How far a round at `now` would look.
Result<Instant> next_horizon(Reader&, Instant now);

// A piece at a time, each a transaction with its audit record, so that nobody waits long; a purge that was interrupted
// is begun again. Between two pieces it may be asked to stop. `actor` is who does it; `options` are those of the store:
// the audit key is read for the checkpoint. Errors: store_audit_broken, those of the store.
Result<PurgeRound> purge(Store&, const Options& options, const Retention&, const std::string& actor,
                         std::stop_token stop = {});

}  // namespace tegata::store::upkeep
