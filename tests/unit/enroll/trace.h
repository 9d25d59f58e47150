// Every statement that the database runs: to show that two answers cost the same.
#pragma once

#include <sqlite3.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tegata::test {

inline std::mutex statements_mutex;
inline std::vector<std::string> statements;

inline int note(unsigned, void*, void* statement, void*) {
  const std::lock_guard lock(statements_mutex);
  const char* text = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
  statements.emplace_back(text ? text : "");
  return 0;
}

inline int trace_connection(sqlite3* connection, const char**, const sqlite3_api_routines*) {
  return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, note, nullptr);
}

// Every statement that any database connection runs, as long as this lives.
class Trace {
 public:
  Trace() { sqlite3_auto_extension(entry()); }
  ~Trace() { sqlite3_cancel_auto_extension(entry()); }
  std::vector<std::string> taken() {
    const std::lock_guard lock(statements_mutex);
    return std::exchange(statements, {});
  }

 private:
  static void (*entry())() { return reinterpret_cast<void (*)()>(trace_connection); }
};

}  // namespace tegata::test
