// The parts of a restore; inside of the store room only.
#pragma once

#include "rp/store/audit/head.h"
#include "rp/store/upkeep/restore.h"

namespace tegata::store::upkeep {

// Ends what somebody held at the moment of the copy, with errors::store_restored as its reason. Phones, links, people,
// facilities, certificates and keys stay.
Result<RestoredEnds> end_all_holdings(Transaction&);

// Where an exported log ends that was taken in, and the moment of its last record.
struct LogEnd {
  audit::ChainTail tail;
  Instant at{};
};
// Adds the records of an export that stand behind `end`, which is of `start`'s log, to the log, as they were. Records
// that the log has already must be the same. Errors: store_restore_refused, where it cannot be read to its end or has
// no record; store_export_unknown, with what is wrong in that file.
Result<LogEnd> take_export(engine::Connection&, const audit::AuditKey&, const audit::ChainTail& start,
                           const LogEnd& end, const std::string& file);

}  // namespace tegata::store::upkeep
