// A store on a database that begins where there is none yet, as `tegata init` makes it.
#pragma once

#include "rp/store/engine/errors.h"
#include "rp/store/upkeep/beginning.h"

namespace tegata::test {

inline Result<std::unique_ptr<store::Store>> open_store(const store::Options& options, const Clock& clock,
                                                        Random& random) {
  const auto begun = store::upkeep::begin(options, clock, random);
  if (!begun && begun.error().code() != errors::store_exists) return begun.error();
  return store::Store::open(options, clock);
}

}  // namespace tegata::test
