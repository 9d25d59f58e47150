// A store on a database that begins where there is none yet, as `tegata init` makes it.
#pragma once

#include "rp/store/beginning.h"
#include "rp/store/errors.h"

namespace tegata::test {

inline Result<std::unique_ptr<store::Store>> open_store(const store::Options& options, const Clock& clock,
                                                        Random& random) {
  const auto begun = store::begin(options, clock, random);
  if (!begun && begun.error().code() != errors::store_exists) return begun.error();
  return store::Store::open(options, clock);
}

}  // namespace tegata::test
