// The tables of the SQLite database and the steps that lead to them.
#pragma once

#include "rp/store/connection.h"

namespace tegata::store {

// Brings the database up to date, each step in a transaction of its own with its version number.
// Errors: store_schema_newer (made by a later version of this program), store_unavailable.
Status migrate(Connection& connection);

}  // namespace tegata::store
