// The steps from each version of the tables to the next, as SQL. A new one is added at the end of `second`; one that
// was ever released is never changed.
//
// Types: times are INTEGER milliseconds since 1970 UTC, truth values 0 or 1, digests and keys BLOB, lists and open
// structures JSON as TEXT. An empty reference to another table is NULL. No constraint is DEFERRABLE: one that fails
// at COMMIT would fail the neighbours of the operation that broke it.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>

namespace tegata::store::migrations {

// From an empty database to version 10.
extern const std::array<const char*, 10> first;
// From there to the newest.
extern const std::array<const char*, 11> second;

inline constexpr std::size_t newest = std::tuple_size_v<decltype(first)> + std::tuple_size_v<decltype(second)>;

// The step from `version` to the next. REQUIRES: version < newest.
inline const char* step_from(std::size_t version) {
  return version < first.size() ? first[version] : second[version - first.size()];
}

}  // namespace tegata::store::migrations
