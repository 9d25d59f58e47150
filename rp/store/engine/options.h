// Where a database lies and how it is used.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tegata::store::engine {

// How many octets are free in a folder; nothing where it cannot be asked.
using FreeSpace = std::function<std::optional<std::uint64_t>(const std::string& folder)>;

struct Options {
  std::string database;      // path of the SQLite file; beside it "<database>.audit-head" keeps the signed head
  std::string audit_key;     // path of the PEM private key of store/audit/key.h; made when absent
  std::string epoch_file;    // path of the file of store/audit/epoch.h; empty is "<database>.epoch"
  std::size_t batch = 64;    // most operations in one COMMIT
  std::size_t queue = 4096;  // waiting operations; more are refused with store_busy
  std::size_t readers = 4;
  std::chrono::milliseconds patience{5000};  // how long a caller waits for the writer
  std::string vfs;                           // SQLite VFS name, for the power-cut test; empty is the default
  bool synchronous_full = true;              // false exists for the test that must fail
  std::size_t unproven_per_minute = 600;  // records of store/audit/sample.h; one "records_left_out" counts the others
  std::uint64_t reserve = 64 * 1024 * 1024;  // octets of the disk that are kept for what Purpose lets use them
  FreeSpace free_space = nullptr;            // null asks the disk
  std::chrono::milliseconds idle{5000};      // after so long without a write, one is tried
};

}  // namespace tegata::store::engine
