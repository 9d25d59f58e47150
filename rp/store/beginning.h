// A database begins once, and because somebody says so.
#pragma once

#include <functional>

#include "rp/store/store.h"

namespace tegata::store {

// Makes the database with its signed head, and the audit key where there is none yet. `fill` writes into it before it
// is there for anybody else. All of it or nothing: it is made under another name (<database>.new), and whatever a
// killed one left of that goes away with the next. A key that was made stays, and is used by the next. Errors:
// store_exists, store_in_use, those of `fill`, of open(), and of the files (rp/host/private_file.h).
Status begin(const Options& options, const Clock& clock, Random& random,
             const std::function<Status(Store&)>& fill = nullptr);

}  // namespace tegata::store
