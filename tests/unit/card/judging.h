// When and by what the cards of these tests are judged.
#pragma once

#include <set>

#include "rp/base/errors.h"
#include "tests/support/still_world.h"

namespace tegata::test {

inline const std::set<std::string> eligible_roles = {"Medical Doctor", "Dentist", "Pharmacist"};

// The code of the refusal, or nothing.
template <typename Judged>
std::string outcome(const Result<Judged>& judged) {
  return judged ? "" : std::string(judged.error().code().name());
}

}  // namespace tegata::test
