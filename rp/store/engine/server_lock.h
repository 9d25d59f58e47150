// One server on one database, whatever else its settings say. Commands go on beside it; those that put a database in
// its place take the lock, too, and look whether anybody has the one open that lies there.
//
// The lock is on a file of its own, <database>.lock, which holds the process id of whoever has it: SQLite's locks would
// end with any other descriptor of the database. It ends with the process, in whatever way that ends, and no program
// that the process starts inherits it.
#pragma once

#include <string>

#include "rp/base/result.h"
#include "rp/host/descriptor.h"

namespace tegata::store::engine {

class ServerLock {
 public:
  // Held as long as it lives. The database need not be there yet; behind links it is one and the same. Errors:
  // store_in_use, store_unavailable, those of private files (rp/host/private_file.h).
  static Result<ServerLock> take(const std::string& database);
  // Who has it ("process 4711"); empty where nobody has. Nothing is taken or made.
  static std::string holder(const std::string& database);

 private:
  explicit ServerLock(host::Descriptor file) : file_(std::move(file)) {}
  host::Descriptor file_;
};

// Whether no connection has the database open, of whatever program on this machine, that has read from it once.
// REQUIRES: this process has none: looking would end SQLite's locks. Errors: store_in_use, with a process that has;
// store_unavailable.
Status verify_closed(const std::string& database);

}  // namespace tegata::store::engine
