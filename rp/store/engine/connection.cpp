#include "rp/store/engine/connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "rp/base/errors.h"
#include "rp/host/errors.h"
#include "rp/host/private_file.h"
#include "rp/store/engine/connection_error.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::engine {
namespace {

// Ends a statement's run however the caller leaves, so that no open read keeps a transaction alive.
class Rewind {
 public:
  explicit Rewind(sqlite3_stmt* statement) : statement_(statement) {}
  ~Rewind() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Rewind(const Rewind&) = delete;
  Rewind& operator=(const Rewind&) = delete;

 private:
  sqlite3_stmt* statement_;
};

struct BindOne {
  sqlite3_stmt* statement;
  int index;
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(std::string_view value) const {
    return sqlite3_bind_text64(statement, index, value.data() ? value.data() : "", value.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int operator()(const std::string& value) const { return (*this)(std::string_view(value)); }
  int operator()(ByteView value) const {
    if (value.empty()) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, value.data(), value.size(), SQLITE_STATIC);
  }
};

// After one that fails, errno is its own: SQLite keeps none of a COMMIT.
int step(sqlite3_stmt* statement) {
  errno = 0;
  return sqlite3_step(statement);
}

using Mode = Connection::Mode;

Status verify_writable(const std::string& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) return {};
  return Error(errors::store_unavailable,
               path + ": cannot be written: " + std::strerror(errno) + ": give it to the user that the server runs as");
}

// SQLite's own, which come and go.
Status verify_beside(const std::string& path) {
  if (!host::is_there(path)) return {};
  const auto judged = host::verify_private_file(path);
  if (judged || !host::is_there(path)) return {};
  return judged.error();
}

// Names, mail addresses and open requests are nobody else's to read. SQLite gives its other files the mode of this one,
// whose descriptors must not be closed beside it: its locks would end.
// Gives where it lies behind links, as SQLite sees it.
Result<std::string> prepare_file(const std::string& path, Mode mode) {
  if (mode == Mode::make) TEGATA_TRY(host::create_private_file(path));
  TEGATA_ASSIGN(const auto real, host::verify_private_file(path));
  for (const char* tail : {"-wal", "-shm"}) TEGATA_TRY(verify_beside(real + tail));
  if (mode == Mode::write) TEGATA_TRY(verify_writable(real));
  return real;
}

constexpr JsonLimits stored_json{16 * 1024 * 1024, 64};

}  // namespace

bool Row::is_null() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }

Row::Type Row::type() const {
  switch (sqlite3_column_type(statement_, column_)) {
    case SQLITE_INTEGER:
      return Type::integer;
    case SQLITE_FLOAT:
      return Type::real;
    case SQLITE_TEXT:
      return Type::text;
    case SQLITE_BLOB:
      return Type::blob;
    default:
      return Type::null;
  }
}

// Each is asked for as what it is: a conversion would change what its type is afterwards.
std::string Row::value() {
  switch (type()) {
    case Type::integer:
      return std::to_string(integer());
    case Type::real: {
      const auto number = sqlite3_column_double(statement_, column_++);
      return std::to_string(std::bit_cast<std::uint64_t>(number));
    }
    case Type::text:
      return text();
    case Type::blob:
      return std::string(as_text(bytes()));
    case Type::null:
      ++column_;
  }
  return "";
}

std::string Row::rest() {
  std::string out;
  const int columns = sqlite3_column_count(statement_);
  while (column_ < columns) {
    const auto kind = static_cast<int>(type());
    const auto held = value();
    out += std::to_string(kind) + ":" + std::to_string(held.size()) + ":" + held;
  }
  return out;
}

std::int64_t Row::integer() { return sqlite3_column_int64(statement_, column_++); }

std::string Row::text() {
  const auto* data = sqlite3_column_text(statement_, column_);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_++));
  return data ? std::string(reinterpret_cast<const char*>(data), size) : std::string();
}

Bytes Row::bytes() {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_++));
  return data ? Bytes(data, data + size) : Bytes();
}

Digest Row::digest() {
  const auto found = to_digest(bytes());
  if (!found) damage();
  return found.value_or(Digest{});
}

Json Row::json() {
  auto parsed = parse_json(text(), stored_json);
  if (parsed) return std::move(*parsed);
  damage();
  return Json::object();
}

std::vector<std::string> Row::strings() {
  std::vector<std::string> out;
  for (const auto& item : json()) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

std::optional<Instant> Row::optional_instant() {
  if (is_null()) return ++column_, std::nullopt;
  return instant();
}
std::optional<std::string> Row::optional_text() {
  if (is_null()) return ++column_, std::nullopt;
  return text();
}
std::optional<Bytes> Row::optional_bytes() {
  if (is_null()) return ++column_, std::nullopt;
  return bytes();
}
std::optional<Digest> Row::optional_digest() {
  if (is_null()) return ++column_, std::nullopt;
  return digest();
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Mode mode, const Settings& settings) {
  TEGATA_ASSIGN(const auto real, prepare_file(path, mode));
  const bool in_use = host::is_there(real + "-wal");
  std::optional<StillFile> still;
  if (mode == Mode::read || mode == Mode::look) {
    TEGATA_ASSIGN(still, StillFile::find(real));
  }
  TEGATA_ASSIGN(auto connection, open_handle(still ? still->uri() : path, path, settings));
  connection->still_ = std::move(still);
  if (mode == Mode::read) TEGATA_TRY(connection->script("PRAGMA query_only=ON;"));
  // Reading leaves the files alone, also as the last to close. A look takes away the log that it had to make.
  const bool leave = mode == Mode::read || (mode == Mode::look && in_use);
  if (leave) sqlite3_db_config(connection->handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (mode == Mode::read || mode == Mode::look) return connection;
  TEGATA_ASSIGN(const auto journal, connection->find<std::string>("PRAGMA journal_mode=WAL", {}, read_text));
  if (journal != "wal")
    return Error(errors::store_unavailable, path + ": the file system has no write-ahead log: put it on a local disk");
  TEGATA_TRY(connection->script(settings.synchronous_full ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=OFF;"));
  // 16 MiB of log before it is folded into the database: what many commits touch is then written there once.
  TEGATA_TRY(connection->script("PRAGMA wal_autocheckpoint=4000;"));
  return connection;
}

Result<std::unique_ptr<Connection>> Connection::open_empty() { return open_handle(":memory:", ":memory:", Settings{}); }

Result<std::unique_ptr<Connection>> Connection::open_handle(const std::string& file, const std::string& path,
                                                            const Settings& settings) {
  sqlite3* handle = nullptr;
  errno = 0;
  const int opened = sqlite3_open_v2(
      file.c_str(), &handle, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI,
      settings.vfs.empty() ? nullptr : settings.vfs.c_str());
  std::unique_ptr<Connection> connection(new Connection(path, handle, settings.soundness));
  if (opened != SQLITE_OK) return connection->error(opened);
  sqlite3_busy_timeout(handle, static_cast<int>(settings.patience.count()));
  // No memory map: a reader would throw it away and make it anew after every commit of the writer.
  TEGATA_TRY(connection->script(
      "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; "
      "PRAGMA cache_size=-16384;"));
  return connection;
}

Status Connection::copy_to(const std::string& path) {
  TEGATA_TRY(host::create_private_file(path));
  sqlite3* target = nullptr;
  int result = sqlite3_open_v2(path.c_str(), &target, SQLITE_OPEN_READWRITE, nullptr);
  if (result == SQLITE_OK) {
    auto* const copying = sqlite3_backup_init(target, "main", handle_, "main");
    // In one step, so that it begins anew for no writer.
    if (copying) sqlite3_backup_step(copying, -1);
    if (copying) sqlite3_backup_finish(copying);
    result = sqlite3_errcode(target);
  }
  const int closed = sqlite3_close(target);
  for (const int code : {result, closed})
    if (code != SQLITE_OK) return describe_sqlite_error(path, {code, sqlite3_errstr(code), 0});
  return verify_still();
}

Status Connection::verify_still() const { return still_ ? still_->verify() : Status(); }

Connection::~Connection() {
  for (const auto& [text, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Error Connection::error(int code) const {
  const int system = errno;
  const auto error = describe_sqlite_error(path_, {code, handle_ ? sqlite3_errmsg(handle_) : "no memory", system});
  if (!is_damage(code)) return error;
  distrusts_memory_ = true;
  if (soundness_) soundness_->note_damage(error);
  return error;
}

Error Connection::damage(const std::string& what) const {
  auto line = what;
  std::replace(line.begin(), line.end(), '\n', ' ');
  const auto error = damaged_database(path_, line);
  if (soundness_) soundness_->note_unreadable(error);
  return error;
}

// A page that was wrong when it was read may be right by now.
void Connection::forget_pages() {
  if (!distrusts_memory_ || in_transaction()) return;
  sqlite3_db_release_memory(handle_);
  distrusts_memory_ = false;
}

void Connection::interrupt() { sqlite3_interrupt(handle_); }

// The header's number of the program is put where it was: SQLite writes its page all the same.
Status Connection::write_nothing() {
  TEGATA_TRY(run("BEGIN IMMEDIATE"));
  const auto number = find<std::int64_t>("PRAGMA application_id", {}, read_integer);
  auto written = number ? script(("PRAGMA application_id=" + std::to_string(number->value_or(0))).c_str())
                        : Status(number.error());
  if (written) written = script("COMMIT");
  if (in_transaction()) (void)script("ROLLBACK");
  return written;
}

Result<sqlite3_stmt*> Connection::prepare(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return known->second;
  sqlite3_stmt* statement = nullptr;
  errno = 0;
  const int prepared = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                          &statement, nullptr);
  if (prepared != SQLITE_OK) return error(prepared);
  statements_.emplace(std::string_view(sqlite3_sql(statement), sql.size()), statement);
  return statement;
}

Status Connection::bind(sqlite3_stmt* statement, const Binding& binding) {
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(binding.size())) {
    return Error(errors::internal, std::string("wrong number of parameters: ") + sqlite3_sql(statement));
  }
  for (const auto& bound : binding) {
    const int index = sqlite3_bind_parameter_index(statement, bound.name);
    const int done = index == 0 ? SQLITE_RANGE : std::visit(BindOne{statement, index}, bound.value.held());
    if (done != SQLITE_OK) return Error(errors::internal, std::string("cannot bind ") + bound.name);
  }
  return {};
}

Status Connection::each(std::string_view sql, const Binding& binding, const Visit& visit, bool only_first) {
  forget_pages();
  TEGATA_ASSIGN(auto* statement, prepare(sql));
  const Rewind rewind(statement);
  TEGATA_TRY(bind(statement, binding));
  int stepped = step(statement);
  while (stepped == SQLITE_ROW) {
    Row row(statement);
    visit(row);
    if (row.damaged()) return damage("a damaged column: " + std::string(sql.substr(0, 80)));
    if (only_first) return {};
    stepped = step(statement);
  }
  if (stepped != SQLITE_DONE) return error(stepped);
  return {};
}

Result<std::int64_t> Connection::run(std::string_view sql, const Binding& binding) {
  const auto before = sqlite3_total_changes64(handle_);
  TEGATA_TRY(each(sql, binding, [](Row&) {}));
  // What goes with a row by its foreign key is in the total only: who counts the rows of a table must not count it.
  return sqlite3_total_changes64(handle_) == before ? 0 : sqlite3_changes64(handle_);
}

Status Connection::script(const char* sql) {
  errno = 0;
  const int done = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (done != SQLITE_OK) return error(done);
  return {};
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Connection::accountable_changes() const { return sqlite3_total_changes64(handle_) - exempt_; }

}  // namespace tegata::store::engine
