// The parts of a restore; inside of the store room only.
#pragma once

#include "rp/store/audit_head.h"
#include "rp/store/restore.h"

namespace tegata::store {

// Ends what somebody held at the moment of the copy, with errors::store_restored as its reason. Phones, links, people,
// facilities, certificates and keys stay.
Result<RestoredEnds> end_all_holdings(Transaction&);

// Where an exported log ends that was taken in, and the moment of its last record.
struct LogEnd {
  ChainTail tail;
  Instant at{};
};
// Adds the records of an export that stand behind `end`, which is of `start`'s log, to the log, as they were. Records
// that the log has already must be the same. Errors: store_restore_refused, where it cannot be read to its end or has no
// record; store_export_unknown, with what is wrong in that file.
Result<LogEnd> take_export(Connection&, const AuditKey&, const ChainTail& start, const LogEnd& end,
                           const std::string& file);

}  // namespace tegata::store
