// An operator's word that a part of the log lies elsewhere. A purge removes no record that no acknowledged export
// holds.
#pragma once

#include "rp/store/store.h"

namespace tegata::store::upkeep {

// The end of an export: the number and hash of its last record. `first`: the number of its first one, where it is
// known.
struct AcknowledgedExport {
  std::int64_t number = 0;
  Digest hash{};
  std::optional<std::int64_t> first = std::nullopt;
};

// True if it changed; false where as much was acknowledged before. One conditional statement with its audit record.
// Error: store_export_unknown, where the log has no such record with that hash, or records before `first` are in no
// acknowledged export.
Result<bool> acknowledge_export(Transaction&, const AcknowledgedExport&, const std::string& actor);

// The number of the last record that an acknowledged export holds; 0 for none.
Result<std::int64_t> acknowledged_through(Reader&);

}  // namespace tegata::store::upkeep
