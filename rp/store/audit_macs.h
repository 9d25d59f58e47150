// MACs for the records of a database from before there were any.
#pragma once

#include "rp/store/audit_head.h"

namespace tegata::store {

// One transaction: walks the chain from its beginning to what the head of such a version vouches for, and gives each
// record of it a MAC. What stands behind that gets none. Only such a head leads here, and it is signed: whoever takes
// the MACs out of the database gets no new ones. Done again, it does the same. Errors: store_audit_broken,
// store_unavailable.
Status make_macs(Connection& connection, const AuditHead& head, const ChainTail& vouched);
// Likewise, in the caller's transaction.
Status make_macs_in_transaction(Connection& connection, const AuditHead& head, const ChainTail& vouched);

}  // namespace tegata::store
