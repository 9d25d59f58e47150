// A copy of the database while the server runs, with the signed head that vouches for its audit log.
#pragma once

#include "rp/store/audit/verify.h"
#include "rp/store/store.h"

namespace tegata::store::upkeep {

// Writes `to` and `to`.audit-head, complete or not at all; both must not exist. The head is copied first: the chain of
// the copy reaches at least as far. The key that signs the head is not copied. Gives what verify_audit says of the
// copy. Errors: store_backup_failed, store_damaged, store_audit_broken, store_unavailable, store_disk_full, store_busy.
Result<audit::AuditVerdict> backup(const Options&, const std::string& to);

}  // namespace tegata::store::upkeep
