// `tegata audit accept`: an operator has understood what is wrong with the log, and writing goes on.
//
// What is wrong stays as it is. One record, audit_accepted, says which numbers are concerned, with a digest over what
// stands there, and the chain goes on behind them: numbers are never used twice, whatever was cut off. audit verify
// passes up to there from then on, and names it each time.
#pragma once

#include "rp/store/audit/accepted.h"
#include "rp/store/engine/options.h"
#include "rp/store/store.h"

namespace tegata::store::upkeep {

struct AuditAcceptance {
  std::string actor;   // "operator:uid-0"
  std::string reason;  // for the log
  bool dry_run = false;
};

// Opens the database by itself, as no Store opens on such a log; a running server goes on with its next write. Walks
// the whole log. What is refused changes nothing of the database, a dry run nothing at all. Errors: store_audit_right,
// where nothing is wrong; store_put_back, where it is an older state, which a restore alone takes into use (restore.h);
// store_audit_broken, where it cannot be gone on from (no right key; records that stand twice, before the beginning, or
// so high that no number follows them); those of a write.
Result<audit::AcceptedStretch> accept_audit(const Options&, const Clock&, Random&, const AuditAcceptance&);

}  // namespace tegata::store::upkeep
