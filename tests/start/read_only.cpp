// A database in a folder in which nothing may be written.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/start/installation.h"

namespace tegata::test {
namespace {

namespace fs = std::filesystem;

// The program, for which the folder, that of the database, is mounted read-only.
Answer read_only(const Installation& it, const std::vector<std::string>& words, const std::string& folder = "data") {
  std::vector<std::string> all = {"/usr/bin/unshare",
                                  "-m",
                                  "/bin/sh",
                                  "-c",
                                  R"(mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@")",
                                  it.file(folder),
                                  TEGATA_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), {"--config", it.config()});
  return run(all);
}

bool can_mount() {
  static const bool can = ::geteuid() == 0 && run({"/usr/bin/unshare", "-m", "/bin/true"}).code == 0;
  if (!can) WARN("SKIPPED 1: may not mount");
  return can;
}

void check_same(const Answer& one, const Answer& other) {
  CHECK(one.code == other.code);
  CHECK(one.out == other.out);
  CHECK(one.err == other.err);
}

void kill_server(const Installation& it) {
  const Serving running(it);
  REQUIRE(it.tegata({"key", "rotate"}).code == 0);
  REQUIRE(::kill(running.pid(), SIGKILL) == 0);
}

}  // namespace

TEST_CASE("defect: nothing could be read of a database on a medium that is read-only") {
  if (!can_mount()) return;
  const Installation it;
  const auto before = it.picture();
  const auto verified = read_only(it, {"audit", "verify"});
  CHECK(verified.code == 0);
  const auto exported = read_only(it, {"audit", "export"});
  CHECK(exported.code == 0);
  CHECK_THAT(exported.out, Catch::Matchers::Contains("\"number\":1,"));
  CHECK(it.picture() == before);
  check_same(verified, it.tegata({"audit", "verify"}));
  check_same(exported, it.tegata({"audit", "export"}));

  CHECK(read_only(it, {"backup", "--to", it.file("copy.db")}).code == 0);
  REQUIRE(fs::exists(it.file("copy.db.audit-head")));
  fs::rename(it.file("copy.db"), it.file("data/tegata.db"));
  check_same(verified, it.tegata({"audit", "verify"}));
}

TEST_CASE("check says that nothing can be written there, and whatever else is wrong") {
  if (!can_mount()) return;
  const Installation it;
  fs::permissions(it.file("signing.key"), fs::perms(0644));
  const auto checked = read_only(it, {"check"});
  CHECK(checked.code == 1);
  CHECK_THAT(checked.err, Catch::Matchers::Contains(it.file("data/tegata.db") +
                                                    ": cannot be written: Read-only file system: give it to this "
                                                    "user, or mount it for writing\n"));
  CHECK_THAT(checked.err, Catch::Matchers::Contains("signing.key (mode 0644"));
  CHECK(read_only(it, {"serve"}).err == checked.err);
}

TEST_CASE("defect: check said nothing of folders that take no head") {
  if (!can_mount()) return;
  const Installation it;
  fs::create_directory(it.file("epoch"));
  fs::permissions(it.file("epoch"), fs::perms(0700));
  fs::rename(it.file("data/tegata.db.epoch"), it.file("epoch/epoch"));
  it.configure_more("\n[audit]\nepoch_file = \"epoch/epoch\"\nheads_file = \"epoch/heads\"\n");
  const auto why = " takes no head: " + it.file("epoch") + ": nothing can be made there: Read-only file system\n";
  const auto checked = read_only(it, {"check"}, "epoch");
  CHECK(checked.code == 0);
  CHECK_THAT(checked.out, Catch::Matchers::Contains("the epoch" + why) &&
                              Catch::Matchers::Contains("[audit] heads_file" + why) &&
                              Catch::Matchers::EndsWith(": good\n"));
  CHECK(it.tegata({"check"}).out == it.config() + ": good\n");
}

TEST_CASE("damage is found on a medium that is read-only, too") {
  if (!can_mount()) return;
  const Installation it;
  it.sql("PRAGMA foreign_keys=OFF; INSERT INTO facility_starts VALUES ('none', 1, 1)");
  for (const auto& words : std::vector<std::vector<std::string>>{{"check"}, {"audit", "verify"}}) {
    const auto answer = read_only(it, words);
    CHECK(answer.code == 1);
    CHECK_THAT(answer.err,
               Catch::Matchers::Contains("table facility_starts: row 1 names a row of facility that is not there"));
  }
}

TEST_CASE("what a server that runs has committed is read from a folder that is mounted read-only") {
  if (!can_mount()) return;
  const Installation it;
  const Serving running(it);
  REQUIRE(it.tegata({"key", "rotate"}).code == 0);
  const auto exported = read_only(it, {"audit", "export"});
  CHECK(exported.code == 0);
  CHECK_THAT(exported.out, Catch::Matchers::Contains("signing_key_published"));
  const auto verified = read_only(it, {"audit", "verify", "--json"});
  CHECK(verified.code == 0);
  CHECK(running.stop() == 0);
  CHECK(it.tegata({"audit", "verify", "--json"}).out == verified.out);
}

TEST_CASE("a log of a server that was killed is read where its index is there, and else nothing old is told") {
  if (!can_mount()) return;
  const Installation it;
  kill_server(it);
  REQUIRE(fs::file_size(it.file("data/tegata.db-wal")) > 0);
  const auto with_index = read_only(it, {"audit", "verify", "--json"});
  CHECK(with_index.code == 0);
  fs::remove(it.file("data/tegata.db-shm"));
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"audit", "verify"}, {"audit", "export"}, {"backup", "--to", it.file("copy.db")}}) {
    const auto refused = read_only(it, words);
    CHECK(refused.code == 1);
    CHECK(refused.err == "tegata: store_unavailable: " + it.file("data/tegata.db-wal") +
                             ": holds what was committed last, and cannot be read where nothing may be written: copy "
                             "the database with it to another folder\n");
  }
  CHECK(it.tegata({"audit", "verify", "--json"}).out == with_index.out);
}

}  // namespace tegata::test
