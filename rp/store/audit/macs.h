// MACs for the records of a database from before there were any.
#pragma once

#include "rp/store/audit/head.h"

namespace tegata::store::audit {

// One transaction: walks the chain from its beginning to what the head of such a version vouches for, and gives each
// record of it a MAC. What stands behind that gets none. Only such a head leads here, and it is signed: whoever takes
// the MACs out of the database gets no new ones. Done again, it does the same. Errors: store_audit_broken,
// store_unavailable.
Status make_macs(engine::Connection& connection, const AuditHead& head, const ChainTail& vouched);
// Likewise, in the caller's transaction.
Status make_macs_in_transaction(engine::Connection& connection, const AuditHead& head, const ChainTail& vouched);

}  // namespace tegata::store::audit
