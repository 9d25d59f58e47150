// What SQLite's result codes mean to an operator.
#pragma once

#include <string>

#include "rp/base/error.h"

namespace tegata::store::engine {

struct SqliteError {
  int code;             // extended
  std::string message;  // of SQLite
  int system;           // the errno beneath it, 0 where there is none
};

// Path, cause and next step. Codes: those of a connection (store/engine/connection.h).
Error describe_sqlite_error(const std::string& path, const SqliteError&);

// Something in the file that no statement of ours wrote.
Error damaged_database(const std::string& path, const std::string& what);

// A page that is wrong, or that the disk does not give.
bool is_damage(int code);

}  // namespace tegata::store::engine
