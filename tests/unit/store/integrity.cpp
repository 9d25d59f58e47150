// Databases that are not whole, and how that is said.
#include "rp/store/engine/integrity.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "rp/store/engine/connection.h"
#include "rp/store/upkeep/backup.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

constexpr off_t page_size = 4096;

// A closed database with several pages of passes and requests, and some that are free.
struct FilledWorld : World {
  FilledWorld() {
    put_samples(*this);
    write<void>([](store::Transaction& transaction) -> Status {
      return transaction.connection().script(
          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
          "INSERT INTO handoff (id, kind, state, secret, number, device, reason, created_at, expires_at, origin, "
          "user_code, terminal_id, terminal_name, login_hint, scope, audience, acr_values, request, evidence) "
          "SELECT 'request ' || i, 'activation', 'closed', randomblob(32), '47', '', '', i, i, '', '', '', '', '', "
          "'openid', 'https://sign.example', '', '{}', '{}' FROM n; "
          "INSERT INTO pass (jti, handoff_id, practitioner_id, client_id, facility_code, audience, certificate, "
          "credential_id, claims, issued_at, expires_at, revoked_why) SELECT 'pass ' || id, id, 'P1', 'ehr', "
          "'1312345678', 'https://sign.example', randomblob(32), randomblob(16), '{}', 1, 2, '' FROM handoff; "
          "INSERT INTO notice (at, kind, practitioner_id, details) SELECT 1, 'k', 'P1', hex(zeroblob(400)) FROM pass;");
    });
    write<void>([](store::Transaction& transaction) { return transaction.connection().script("DELETE FROM notice"); });
    close();
  }

  std::unique_ptr<store::engine::Connection> open(
      store::engine::Connection::Mode mode = store::engine::Connection::Mode::write) {
    auto opened = store::engine::Connection::open(options.database, mode, {});
    REQUIRE(opened);
    return std::move(*opened);
  }
  std::int64_t number(const std::string& sql) {
    const auto found = open()->find<std::int64_t>(sql, {}, store::engine::read_integer);
    REQUIRE(found);
    return found->value();
  }
  std::int64_t leaf_of(const std::string& name) {
    return number("SELECT MAX(pageno) FROM dbstat WHERE pagetype = 'leaf' AND name = '" + name + "'");
  }
  void overwrite(std::int64_t page, off_t offset, const std::string& with) {
    const int file = ::open(options.database.c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(::pwrite(file, with.data(), with.size(), (page - 1) * page_size + offset) ==
            static_cast<ssize_t>(with.size()));
    ::close(file);
  }
  void spoil(std::int64_t page) { overwrite(page, 0, std::string(page_size, '\0')); }
  void sql(const std::string& statements) {
    const auto done = open()->script(("PRAGMA foreign_keys=OFF;" + statements).c_str());
    INFO((done ? std::string() : done.error().detail()));
    REQUIRE(done);
  }

  std::string asked(store::engine::Depth depth) { return said(store::engine::verify_integrity(options, depth)); }
  std::string verified() { return said(store::audit::verify_audit(options)); }
  std::string backed_up() { return said(store::upkeep::backup(options, folder.file("copy.db"))); }
  template <typename T>
  static std::string said(const Result<T>& answer) {
    return answer ? "" : std::string(answer.error().code().name()) + " " + answer.error().detail();
  }
};

void check_sentence(const std::string& said, const std::string& what) {
  CHECK_THAT(said, Catch::Matchers::StartsWith("store_damaged ") && Catch::Matchers::Contains(what) &&
                       Catch::Matchers::EndsWith("put the last good backup in its place (tegata restore)"));
}

// Everybody who looks at the whole says the same.
void check_said(FilledWorld& world, const std::string& what, bool pages_show_it = true) {
  const auto sentence = world.options.database + ": " + what;
  check_sentence(world.asked(store::engine::Depth::whole), sentence);
  check_sentence(world.verified(), sentence);
  check_sentence(world.backed_up(), sentence);
  CHECK_FALSE(std::filesystem::exists(world.folder.file("copy.db")));
  const auto by_pages = world.asked(store::engine::Depth::pages);
  if (pages_show_it) check_sentence(by_pages, sentence);
  if (!pages_show_it) CHECK(by_pages == "");
}

}  // namespace

TEST_CASE("a whole database is whole, by every question") {
  FilledWorld world;
  for (const auto depth : {store::engine::Depth::pages, store::engine::Depth::whole}) CHECK(world.asked(depth) == "");
  CHECK(world.verified() == "");
  CHECK(world.backed_up() == "");
}

TEST_CASE("where there is no database, nothing is damaged") {
  FilledWorld world;
  world.options.database += ".none";
  CHECK(world.asked(store::engine::Depth::whole) == "");
}

TEST_CASE("defect: backup and audit verify called a database with a page that cannot be read good") {
  for (const char* table : {"pass", "handoff", "credential"}) {
    FilledWorld world;
    world.spoil(world.leaf_of(table));
    INFO(table);
    check_said(world, std::string("table ") + table + ": ");
  }
}

TEST_CASE("a page of an index that cannot be read is told by the index's name") {
  FilledWorld world;
  world.spoil(world.leaf_of("pass_end"));
  check_said(world, "index pass_end: ");
}

TEST_CASE("defect: an index that does not agree with its table was good") {
  FilledWorld world;
  world.sql(
      "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = sql || ' WHERE jti IS NULL' WHERE name = 'pass_end'");
  world.sql("UPDATE pass SET expires_at = 3 WHERE jti = 'pass request 7'");
  world.sql(
      "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = replace(sql, ' WHERE jti IS NULL', '') "
      "WHERE name = 'pass_end'");
  check_said(world, "row 168 missing from index pass_end", false);
}

TEST_CASE("defect: damaged pages that are free were good") {
  FilledWorld world;
  REQUIRE(world.number("PRAGMA freelist_count") > 1);
  world.overwrite(1, 36, std::string(4, '\xff'));
  check_said(world, "Main freelist: ");
}

TEST_CASE("a page that is missing at the end") {
  FilledWorld world;
  const auto pages = world.number("PRAGMA page_count");
  REQUIRE(::truncate(world.options.database.c_str(), (pages - 1) * page_size) == 0);
  check_said(world, "");
}

TEST_CASE("a file that is no database") {
  FilledWorld world;
  world.overwrite(1, 0, "no database at all");
  check_said(world, "");
}

TEST_CASE("defect: a row that names another which is not there was good") {
  FilledWorld world;
  world.sql("DELETE FROM handoff WHERE id = 'request 7'");
  check_said(world, "table pass: row 168 names a row of handoff that is not there");
}

TEST_CASE("defect: an empty value where there must be one was good") {
  FilledWorld world;
  world.sql(
      "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = replace(sql, 'claims TEXT NOT NULL', 'claims TEXT') "
      "WHERE name = 'pass'");
  world.sql("UPDATE pass SET claims = NULL WHERE jti = 'pass request 7'");
  world.sql(
      "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = replace(sql, 'claims TEXT', 'claims TEXT NOT NULL') "
      "WHERE name = 'pass'");
  check_said(world, "NULL value in pass.claims");
}

TEST_CASE("defect: a value of another type than its column was good") {
  FilledWorld world;
  world.sql("UPDATE pass SET expires_at = 'never' WHERE jti = 'pass request 7'");
  check_said(world, "table pass: row 168 has a value of another type in expires_at", false);
}

TEST_CASE(
    "defect: a value that nobody could read was forgotten with the next look at the pages, which does not read it") {
  FilledWorld world;
  world.sql("UPDATE practitioner SET roles = 'no JSON' WHERE id = 'P1'");
  world.reopen();
  CHECK(world.store->ready());
  const auto found = world.store->read<std::optional<store::Practitioner>>(
      [](store::Reader& reader) { return store::find_practitioner(reader, "P1"); });
  REQUIRE_FALSE(found);
  const auto met = world.said(Status(found.error()));
  check_sentence(met, world.options.database + ": a damaged column: ");
  CHECK(world.said(world.store->ready()) == met);
  CHECK_FALSE(world.store->verify_pages());
  CHECK(world.store->check_pages());
  CHECK(world.store->verify_pages());  // so that they are not looked at again and again
  CHECK(world.said(world.store->ready()) == met);
}

TEST_CASE("what was read while nobody kept others from writing does not stand once somebody wrote") {
  FilledWorld world;
  const auto& path = world.options.database;
  const auto still = store::engine::StillFile::of(path);
  CHECK(still.verify());
  SECTION("into the database") { world.overwrite(2, 0, "x"); }
  SECTION("into its log") { std::ofstream(path + "-wal") << "x"; }
  SECTION("another one in its place") {
    std::filesystem::copy_file(path, path + ".other");
    std::filesystem::rename(path + ".other", path);
  }
  const auto said = still.verify();
  REQUIRE_FALSE(said);
  CHECK(said.error().code() == errors::store_busy);
  CHECK(said.error().detail() == path + ": was written while it was read: ask again");
}

TEST_CASE("SQLite is told the name of a file as it is") {
  CHECK(store::engine::StillFile::of("/a b/50%/c?d#e.db").uri() == "file:/a b/50%25/c%3fd%23e.db?immutable=1");
}

}  // namespace tegata::test
