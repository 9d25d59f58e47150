// Whether a database is whole, beyond its audit log: pages, indexes, references, and values of the types that their
// columns have.
#pragma once

#include "rp/store/engine/connection.h"
#include "rp/store/engine/options.h"

namespace tegata::store::engine {

// How far one looks. `pages`: every page and every row, about a second for each GB. `whole`: also whether indexes agree
// with their tables and values with their columns, about ten seconds for each GB.
enum class Depth { pages, whole };

// `named`: how the sentence calls the file. Error: store_damaged with the first thing that is wrong, by table or index
// where it is known; those of a statement.
Status verify_integrity(Connection& connection, const std::string& named, Depth depth = Depth::whole);

// Of the database file as it is at this moment, which nothing else has to have open. Where there is none, nothing is
// wrong. Errors as above, and those of Connection::open.
Status verify_integrity(const Options& options, Depth depth);

}  // namespace tegata::store::engine
