// A database begins once, and because somebody says so.
#pragma once

#include <functional>

#include "rp/store/store.h"

namespace tegata::store::upkeep {

// Makes the database with its signed head, and the audit key where there is none yet. `fill` writes into it before it
// is there for anybody else. All of it or nothing: it is made in a folder of its own (<database>.new/), and what a
// killed one left there goes away with the next; whatever else has that name, or lies in it, stays and is refused. A
// key that was made stays, and is used by the next. Where it fails and the database is there all the same (it could not
// be taken away), all of it is. Errors: store_exists, store_in_use, those of `fill`, of open(), and of the files
// (rp/host/private_file.h).
Status begin(const Options& options, const Clock& clock, Random& random,
             const std::function<Status(Store&)>& fill = nullptr);

// Whether nothing but what a killed beginning left has the name of the draft, or lies in it. Error: store_exists.
Status verify_draft(const Options& options);

}  // namespace tegata::store::upkeep
