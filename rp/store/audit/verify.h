// The walk through the whole log.
#pragma once

#include "rp/store/audit/accepted.h"
#include "rp/store/engine/options.h"

namespace tegata::store::audit {

struct AuditVerdict {
  std::int64_t records = 0;         // the number of the last one
  std::int64_t signed_records = 0;  // what the head file vouches for
  std::int64_t cut_off = 0;         // how many were purged from the beginning
  std::vector<AcceptedStretch> accepted;
};
// Looks whether a database is whole, and walks its whole chain; no server needs to have it open. `named`: how a
// sentence calls the file, where not by its path. Errors: store_damaged; store_audit_broken with the first thing that
// is wrong, by record or by what is wrong with checkpoint or head; store_unavailable.
Result<AuditVerdict> verify_audit(const engine::Options& options, const std::string& named = {});

}  // namespace tegata::store::audit
