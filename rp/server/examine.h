// What a start needs, judged before it: `tegata check` is this, and `tegata serve` begins with it, so that both say the
// same in the same words. Nothing is made, changed or taken, but one: a token's refusal of its PIN is remembered
// (server/keys/refused_pin.h), or the next start would try it once more.
#pragma once

#include <string>
#include <vector>

#include "rp/server/config/config.h"
#include "rp/store/engine/integrity.h"

namespace tegata::server {

struct Findings {
  std::vector<Error> problems;     // each refuses a start
  std::vector<std::string> notes;  // what a start would make, and what would not be as it should be
  bool metadata_stale = false;
};

// `depth`: how far the database is looked through (rp/store/engine/integrity.h). A start looks at its pages, which
// takes a tenth of the time.
Findings examine(const config::Config&, const Clock&, store::engine::Depth depth);

// One connection for each worker, and what store, watches and channels have open.
std::uint64_t open_files_needed(const config::Config&);

}  // namespace tegata::server
