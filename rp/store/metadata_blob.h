// The FIDO metadata BLOB that was imported last: one row, which only a successor replaces.
#pragma once

#include "rp/store/store.h"

namespace tegata::store {

struct MetadataBlob {
  std::string blob;  // as it was imported, to be verified again by whoever uses it
  std::int64_t number = 0;
  Instant next_update{};
  Instant imported_at{};
  std::int64_t generation = 0;  // grows with every import
};

// A model of phones of which a BLOB warns, and from when on.
struct UnwantedModel {
  Bytes aaguid;
  Instant since{};
};

// Conditional on a higher number than the one that is there, or the very same BLOB. False otherwise: nothing changed.
// The generation is counted here. `unwanted` takes the place of the models of before; who calls ends what rests on one
// (end_fallen).
Result<bool> put_metadata_blob(Transaction&, const MetadataBlob&, const std::vector<UnwantedModel>& unwanted);
Result<std::optional<MetadataBlob>> find_metadata_blob(Reader&);
// 0 where nothing was imported yet. Cheap.
Result<std::int64_t> metadata_generation(Reader&);

}  // namespace tegata::store
