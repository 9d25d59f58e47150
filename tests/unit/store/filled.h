// Databases of any schema version with rows in every table, as a program of that version could have left them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "rp/store/engine/connection.h"
#include "tests/unit/store/world.h"

namespace tegata::test {

inline constexpr int filled_rows = 6;

// The version that today's program makes.
std::int64_t newest_version();

// Makes the database of `options` at that version and fills every table that the schema has, whatever tables there are:
// several rows each, every column that may be empty empty and not, every reference leading somewhere, kinds and states
// of all sorts, a log with its head. REQUIRES: nothing is there.
void make_filled(const store::Options& options, std::int64_t version, Instant now, Random& random);

// Each column of each table, by "table.column": its values in the order of the rows.
using Content = std::map<std::string, std::vector<std::string>>;
Content content_of(const std::string& database);

}  // namespace tegata::test
