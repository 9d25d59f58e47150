#include "rp/store/engine/integrity.h"

#include <algorithm>
#include <charconv>

#include "rp/host/private_file.h"
#include "rp/store/engine/connection_error.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::engine {
namespace {

using Names = std::vector<std::string>;

// "Page 7: ...", "On tree page 7 cell 3: ..."; 0: it names none.
std::int64_t page_in(const std::string& said) {
  std::int64_t page = 0;
  for (const char* before : {"Page ", "page "}) {
    const auto at = said.find(before);
    if (at == std::string::npos || said.find("freelist") != std::string::npos) continue;
    std::from_chars(said.data() + at + 5, said.data() + said.size(), page);
  }
  return page;
}

// Whose pages cannot be read, or whose page it is that was named: "table pass", "index pass_end". Nothing where the
// damage lies elsewhere, or hides that.
Names owners(Connection& connection, std::int64_t page) {
  const auto found = connection.list<std::string>(
      "SELECT DISTINCT COALESCE((SELECT m.type FROM sqlite_master m WHERE m.name = d.name), 'table') || ' ' || d.name "
      "FROM dbstat d WHERE d.pagetype = 'corrupted' OR d.pageno = :page ORDER BY 1",
      {{":page", page}}, read_text);
  return found ? *found : Names();
}

std::string joined(const Names& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// SQLite puts a heading of its own before what it says of pages.
std::string first_fault(const std::string& said) {
  const bool headed = said.starts_with("***");
  const auto from = headed ? said.find('\n') + 1 : 0;
  return said.substr(from, said.find('\n', from) - from);
}

Error damage(Connection& connection, const std::string& named, const std::string& said) {
  const auto names = joined(owners(connection, page_in(said)));
  return damaged_database(named, names.empty() ? said : names + ": " + said);
}

// Nothing: all is as it should be.
Result<std::string> ask_sqlite(Connection& connection, Depth depth) {
  const auto* const question = depth == Depth::whole ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)";
  TEGATA_ASSIGN(const auto said, connection.find<std::string>(question, {}, read_text));
  return said && *said != "ok" ? first_fault(*said) : std::string();
}

std::string read_reference(Row& row) {
  const auto table = row.text(), number = row.text(), parent = row.text();
  return "table " + table + ": row " + number + " names a row of " + parent + " that is not there";
}

Result<std::string> ask_references(Connection& connection) {
  TEGATA_ASSIGN(const auto said,
                connection.find<std::string>("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 1",
                                             {}, read_reference));
  return said.value_or("");
}

struct Column {
  std::string name, type;
};
Column read_column(Row& row) {
  auto name = row.text(), type = row.text();
  return {std::move(name), std::move(type)};
}

// The first row of a table with a value that none of our statements writes there.
std::string odd_value_query(const std::string& table, const std::vector<Column>& columns) {
  std::string which, where;
  for (const auto& column : columns) {
    const auto odd = "typeof(\"" + column.name + "\") NOT IN ('null', lower('" + column.type + "'))";
    which += " WHEN " + odd + " THEN '" + column.name + "'";
    where += (where.empty() ? "" : " OR ") + odd;
  }
  return "SELECT 'table " + table + ": row ' || rowid || ' has a value of another type in ' || CASE" + which +
         " END FROM \"" + table + "\" NOT INDEXED WHERE " + where + " LIMIT 1";
}

// The log's own types are judged with its chain, where an operator may have accepted what stands there.
Result<std::string> ask_values(Connection& connection) {
  TEGATA_ASSIGN(const auto tables, connection.list<std::string>("SELECT name FROM sqlite_master WHERE type = 'table' "
                                                                "AND name NOT LIKE 'sqlite_%' AND name <> 'audit'",
                                                                {}, read_text));
  for (const auto& table : tables) {
    TEGATA_ASSIGN(const auto columns, connection.list<Column>("SELECT name, type FROM pragma_table_info(:table) "
                                                              "WHERE type IN ('INTEGER', 'TEXT', 'BLOB')",
                                                              {{":table", table}}, read_column));
    if (columns.empty()) continue;
    TEGATA_ASSIGN(const auto said, connection.find<std::string>(odd_value_query(table, columns), {}, read_text));
    if (said) return *said;
  }
  return std::string();
}

Result<std::string> ask(Connection& connection, Depth depth) {
  TEGATA_ASSIGN(auto said, ask_sqlite(connection, depth));
  if (said.empty()) {
    TEGATA_ASSIGN(said, ask_references(connection));
  }
  if (said.empty() && depth == Depth::whole) return ask_values(connection);
  return said;
}

}  // namespace

Status verify_integrity(Connection& connection, const std::string& named, Depth depth) {
  const auto said = ask(connection, depth);
  if (said) return said->empty() ? Status() : damage(connection, named, *said);
  // Where a page cannot be read at all, the question itself ends.
  if (said.error().code() == errors::store_damaged) return damage(connection, named, "a page cannot be read");
  return said.error();
}

Status verify_integrity(const Options& options, Depth depth) {
  if (!host::is_there(options.database)) return {};
  TEGATA_ASSIGN(const auto connection, open_database(options, Connection::Mode::look));
  TEGATA_TRY(verify_integrity(*connection, options.database, depth));
  return connection->verify_still();
}

}  // namespace tegata::store::engine
