// Lists of revoked cards, as they were fetched: each replaced by its successors alone.
#pragma once

#include <vector>

#include "rp/store/store.h"

namespace tegata::store {

struct StoredRevocationList {
  Digest issuer{}, scope{};  // together the key; as in card::RevocationList
  Bytes list;                // DER, to be verified again by whoever uses it
  Bytes number;              // CRLNumber, big-endian without leading zeros
  Instant this_update{};
  Instant next_update{};
  Instant fetched_at{};
  std::string address;  // where it came from
};

// Conditional on neither number nor date going back. False otherwise: nothing changed.
Result<bool> put_revocation_list(Transaction&, const StoredRevocationList&);
Result<std::vector<StoredRevocationList>> list_revocation_lists(Reader&);

}  // namespace tegata::store
