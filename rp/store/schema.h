// The tables of the SQLite database and the steps that lead to them.
#pragma once

#include "rp/store/engine/connection.h"

namespace tegata::store {

// Brings the database up to date, or to `version` as an older program left it (to try the steps behind it). All steps
// are one transaction. Errors: store_schema_newer (made by a later version of this program), store_unavailable.
Status migrate(engine::Connection& connection, std::optional<std::int64_t> version = std::nullopt);

// Whether there is nothing to bring up to date. Errors as above.
Result<bool> is_up_to_date(engine::Connection& connection);
// The steps alone. REQUIRES: a transaction is open that may write.
Status migrate_in_transaction(engine::Connection& connection, std::optional<std::int64_t> version = std::nullopt);

}  // namespace tegata::store
