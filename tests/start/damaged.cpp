// Databases that are not whole: who says so, and in which words.
#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "tests/start/installation.h"

namespace tegata::test {
namespace {

constexpr std::size_t page_size = 4096;

// The last page of a table or an index.
std::size_t page_of(const Installation& it, const std::string& name) {
  sqlite3* handle = nullptr;
  sqlite3_stmt* statement = nullptr;
  const auto question = "SELECT MAX(pageno) FROM dbstat WHERE name = '" + name + "'";
  REQUIRE(sqlite3_open_v2(it.file("data/tegata.db").c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_prepare_v2(handle, question.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  const auto page = static_cast<std::size_t>(sqlite3_column_int64(statement, 0));
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  return page;
}

void spoil(const Installation& it, const std::string& name) {
  const auto at = (page_of(it, name) - 1) * page_size;
  auto file = it.text("data/tegata.db");
  it.write("data/tegata.db", file.replace(at, page_size, page_size, '\0'));
}

// Its index is left as it was.
void change_behind_the_index(const Installation& it) {
  it.sql(
      "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = sql || ' WHERE kid IS NULL' WHERE name = 'pass_end'");
  it.sql(
      "PRAGMA foreign_keys=OFF; INSERT INTO handoff (id, kind, state, secret, number, device, reason, created_at, "
      "expires_at, origin, user_code, terminal_id, terminal_name, login_hint, scope, audience, acr_values, request, "
      "evidence) VALUES ('h', 'activation', 'closed', zeroblob(32), '47', '', '', 1, 2, '', '', '', '', '', '', '', "
      "'', '{}', '{}'); INSERT INTO pass (jti, handoff_id, practitioner_id, client_id, facility_code, audience, "
      "certificate, credential_id, claims, issued_at, expires_at, revoked_why) VALUES ('j', 'h', 'P', 'c', 'f', 'a', "
      "zeroblob(32), x'', '{}', 1, 2, '')");
  it.sql(
      "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = replace(sql, ' WHERE kid IS NULL', '') WHERE name = "
      "'pass_end'");
}

void check_sentence(const std::string& said, const std::string& what) {
  INFO(said);
  CHECK_THAT(said, Catch::Matchers::Contains("store_damaged") && Catch::Matchers::Contains("data/tegata.db: " + what) &&
                       Catch::Matchers::Contains("tegata restore"));
}

void check_refused_by_commands(const Installation& it, const std::string& what) {
  const auto verified = it.tegata({"audit", "verify"}), copied = it.tegata({"backup", "--to", it.file("copy.db")});
  CHECK(verified.code == 1);
  CHECK(copied.code == 1);
  check_sentence(verified.err, what);
  check_sentence(copied.err, what);
}

}  // namespace

TEST_CASE("defect: a page that cannot be read was good for check, start, backup and audit verify") {
  for (const auto& [name, said] : std::vector<std::pair<std::string, std::string>>{{"pass", "table pass: "},
                                                                                   {"handoff", "table handoff: "},
                                                                                   {"credential", "table credential: "},
                                                                                   {"pass_end", "index pass_end: "},
                                                                                   {"audit", "table audit: "}}) {
    const Installation it;
    spoil(it, name);
    const auto before = it.picture();
    const auto checked = it.checked();
    check_sentence(checked, said);
    CHECK(it.served() == checked);
    CHECK(it.picture() == before);
    check_refused_by_commands(it, said);
  }
}

TEST_CASE("an index that does not agree with its table: check says it, and a start, which looks at pages, does not") {
  const Installation it;
  change_behind_the_index(it);
  const std::string said = "row 1 missing from index pass_end";
  check_sentence(it.checked(), said);
  check_refused_by_commands(it, said);
  CHECK(it.served() == "");
}

}  // namespace tegata::test
