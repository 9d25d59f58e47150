// One database handle and its prepared statements. Everything SQLite stands behind these two types, so that
// another database needs another connection.cpp and schema.cpp only; the operations' SQL is portable.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "rp/base/json.h"
#include "rp/base/result.h"
#include "rp/base/world.h"
#include "rp/store/engine/read_only.h"
#include "rp/store/engine/soundness.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tegata::store::engine {

// What a named parameter gets. Texts and octets are borrowed until the call that takes them returns.
class Value {
 public:
  using Held = std::variant<std::monostate, std::int64_t, std::string_view, ByteView, std::string>;
  Value(std::nullopt_t) {}
  Value(bool value) : held_(std::int64_t{value}) {}
  Value(int value) : held_(std::int64_t{value}) {}
  Value(std::uint32_t value) : held_(std::int64_t{value}) {}
  Value(std::int64_t value) : held_(value) {}
  Value(Instant value) : held_(unix_milliseconds(value)) {}
  Value(std::string_view value) : held_(value) {}
  Value(const std::string& value) : held_(std::string_view(value)) {}
  Value(const char* value) : held_(std::string_view(value)) {}
  Value(ByteView value) : held_(value) {}
  Value(const Bytes& value) : held_(ByteView(value)) {}
  Value(const Digest& value) : held_(ByteView(value)) {}
  Value(const Json& value) : held_(dump_json(value)) {}
  Value(const std::vector<std::string>& value) : held_(dump_json(Json(value))) {}
  template <typename T>
  Value(const std::optional<T>& value) {
    if (value) *this = Value(*value);
  }
  // The empty text becomes NULL: for columns that point to another table.
  static Value text_or_null(const std::string& value) { return value.empty() ? Value(std::nullopt) : Value(value); }

  const Held& held() const { return held_; }

 private:
  Held held_;
};

struct Bound {
  const char* name;  // ":name"
  Value value;
};
using Binding = std::vector<Bound>;

// The columns of one row, taken from left to right.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  // What the next column holds, whatever was declared.
  enum class Type { integer, real, text, blob, null };
  Type type() const;
  // This column and all behind it, each with its type and size: no two rows give the same.
  std::string rest();
  std::int64_t integer();
  bool flag() { return integer() != 0; }
  Instant instant() { return from_unix_milliseconds(integer()); }
  std::string text();
  Bytes bytes();
  Digest digest();
  Json json();
  std::vector<std::string> strings();
  std::optional<Instant> optional_instant();
  std::optional<std::string> optional_text();
  std::optional<Bytes> optional_bytes();
  std::optional<Digest> optional_digest();

  void damage() { damaged_ = true; }
  // A column held what none of our statements writes.
  bool damaged() const { return damaged_; }

 private:
  bool is_null() const;
  std::string value();
  sqlite3_stmt* statement_;
  int column_ = 0;
  bool damaged_ = false;
};

// For a statement of one column.
inline std::string read_text(Row& row) { return row.text(); }
inline std::int64_t read_integer(Row& row) { return row.integer(); }

// Errors of everything here, each with path, cause and next step: store_unavailable (the database does not answer),
// store_damaged, store_disk_full, store_busy (another process holds it too long), internal (a constraint or a statement
// that is wrong).
class Connection {
 public:
  // look: reads, and leaves no trace in the folder; what it writes all the same is never committed. Both it and read
  // are good for a folder in which nothing may be written (store/engine/read_only.h). make: as write, into a new file.
  enum class Mode { write, read, look, make };
  struct Settings {
    std::string vfs;
    bool synchronous_full = true;
    std::chrono::milliseconds patience{5000};
    Soundness* soundness = nullptr;  // hears of damage; outlives the connection
  };
  // The file of Mode::make must not be there, that of the others must. Errors besides those of a statement:
  // file_open_to_others, file_unreadable, file_not_written (rp/host/private_file.h).
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode, const Settings& settings);
  // An empty database in memory.
  static Result<std::unique_ptr<Connection>> open_empty();
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs a statement to its end; gives the number of rows it changed.
  // REQUIRES: every parameter of the statement is bound.
  Result<std::int64_t> run(std::string_view sql, const Binding& binding = {});

  // The first row, or nothing.
  template <typename T>
  Result<std::optional<T>> find(std::string_view sql, const Binding& binding, T (*read)(Row&)) {
    std::optional<T> found;
    TEGATA_TRY(each(
        sql, binding, [&](Row& row) { found.emplace(read(row)); }, true));
    return found;
  }

  template <typename T>
  Result<std::vector<T>> list(std::string_view sql, const Binding& binding, T (*read)(Row&)) {
    std::vector<T> all;
    TEGATA_TRY(each(sql, binding, [&](Row& row) { all.push_back(read(row)); }));
    return all;
  }

  using Visit = std::function<void(Row&)>;
  Status each(std::string_view sql, const Binding& binding, const Visit& visit, bool only_first = false);

  // All of the database as it stands at one moment, into a file that must not exist.
  Status copy_to(const std::string& path);

  // Whether what was read stands: in a folder in which nothing may be written, nobody is kept from writing by another
  // way. Error: store_busy.
  Status verify_still() const;

  // Several statements without parameters.
  Status script(const char* sql);

  // A write that reaches the disk and changes nothing that anybody reads.
  Status write_nothing();

  // What was found in the database that no statement of ours wrote. Noted.
  Error damage(const std::string& what) const;

  // Ends the statement that runs. Any thread may call.
  void interrupt();

  // False when the database gave up the transaction by itself (disk full, I/O error).
  bool in_transaction() const;

  // Rows changed since the connection was opened that an audit record must stand for.
  std::int64_t accountable_changes() const;
  // Leaves `rows` changes out of that number: counters only.
  void exempt(std::int64_t rows) { exempt_ += rows; }

 private:
  Connection(std::string path, sqlite3* handle, Soundness* soundness)
      : path_(std::move(path)), handle_(handle), soundness_(soundness) {}
  static Result<std::unique_ptr<Connection>> open_handle(const std::string& file, const std::string& path,
                                                         const Settings& settings);
  Result<sqlite3_stmt*> prepare(std::string_view sql);
  Status bind(sqlite3_stmt* statement, const Binding& binding);
  Error error(int code) const;
  void forget_pages();

  const std::string path_;
  sqlite3* handle_;
  Soundness* const soundness_;
  std::unordered_map<std::string_view, sqlite3_stmt*> statements_;  // keyed by the statement's own copy of its text
  std::int64_t exempt_ = 0;
  std::optional<StillFile> still_;
  mutable bool distrusts_memory_ = false;  // it read damage: what it keeps of the file may be that
};

}  // namespace tegata::store::engine
