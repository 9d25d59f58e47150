// Project Wycheproof's cases: a file of the outside vectors, case by case.
#pragma once

#include <catch2/catch.hpp>

#include "tests/support/vectors.h"

namespace tegata::vectors {

inline bool has_wycheproof() { return !folder().empty() && std::filesystem::exists(folder() / "wycheproof"); }

// Says aloud, and counts, what does not run where the vectors are absent.
inline bool wycheproof_or_skipped(int tests) {
  if (!has_wycheproof())
    WARN("SKIPPED " << tests << ": no Wycheproof vectors; configure with -DTEGATA_VECTORS=<folder>");
  return has_wycheproof();
}

// with_key(group) gives what judges each case of the group, whose key is one; that no case was left out is held against
// the number that the file states.
template <typename WithKey>
void for_each_case(const std::string& name, WithKey with_key) {
  const Json file = read_json("wycheproof/" + name);
  REQUIRE(file.contains("testGroups"));
  std::size_t seen = 0;
  for (const Json& group : file["testGroups"]) {
    const auto judge = with_key(group);
    for (const Json& test : group["tests"]) {
      INFO(name << " case " << test["tcId"] << ": " << test["comment"] << " " << test["flags"].dump());
      judge(test);
      ++seen;
    }
  }
  CHECK(seen == file["numberOfTests"].get<std::size_t>());
}

}  // namespace tegata::vectors
