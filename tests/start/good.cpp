// Installations as they should be: `tegata check` and `tegata serve` pass both, and check leaves no trace.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "rp/store/audit/head.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/options.h"
#include "rp/store/schema.h"
#include "rp/store/store.h"
#include "tests/start/installation.h"

namespace tegata::test {
namespace {

namespace fs = std::filesystem;

void require_both_pass(const Installation& it) {
  const auto before = it.picture();
  CHECK(it.checked() == "");
  CHECK(it.picture() == before);
  CHECK(it.served() == "");
}

// Its row of the signing key names the place where that lay.
void forget_database(const Installation& it) {
  fs::remove_all(it.file("data"));
  fs::create_directory(it.file("data"));
}

void begin_again(const Installation& it) { REQUIRE(it.tegata({"init"}).code == 0); }

// As a mount of secrets makes it: name -> ..data/name, ..data -> ..1/.
void mount_secret(const Installation& it, const std::string& name) {
  fs::create_directories(it.file("secrets/..1"));
  fs::rename(it.file(name), it.file("secrets/..1/" + name));
  if (!fs::is_symlink(it.file("secrets/..data"))) fs::create_directory_symlink("..1", it.file("secrets/..data"));
  fs::create_symlink("..data/" + name, it.file("secrets/" + name));
  ::chmod(it.file("secrets/..1/" + name).c_str(), 0440);
  it.configure("\"" + name + "\"", "\"secrets/" + name + "\"");
}

// As systemd gives credentials ($CREDENTIALS_DIRECTORY): files 0400 in a folder 0500.
void give_credential(const Installation& it, const std::string& name) {
  fs::create_directories(it.file("credentials"));
  fs::rename(it.file(name), it.file("credentials/" + name));
  ::chmod(it.file("credentials/" + name).c_str(), 0400);
  it.configure("\"" + name + "\"", "\"credentials/" + name + "\"");
}

}  // namespace

TEST_CASE("a whole installation passes, and check leaves no trace") {
  const Installation it;
  require_both_pass(it);
}

TEST_CASE("a beginning: check says that it is to be made, init makes it, and both pass") {
  const Installation it;
  forget_database(it);
  fs::remove(it.file("audit.key"));
  const auto before = it.picture();
  CHECK_THAT(it.checked(), Catch::Matchers::StartsWith("store_absent ") && Catch::Matchers::Contains("tegata init"));
  const auto would = it.tegata({"init", "--dry-run"});
  CHECK(would.code == 0);
  for (const char* made : {"tegata.db would be made", "audit-head would be made", "audit.key would be made",
                           "guess-key would be made", "signing.key would be used"})
    CHECK_THAT(would.out, Catch::Matchers::Contains(made));
  CHECK(it.picture() == before);
  const auto begun = it.tegata({"init"});
  CHECK(begun.code == 0);
  for (const char* made : {"tegata.db was made", "audit-head was made", "audit.key was made", "guess-key was made",
                           "signing.key is used", "next: tegata check"})
    CHECK_THAT(begun.out, Catch::Matchers::Contains(made));
  require_both_pass(it);
  struct stat facts {};
  for (const char* made : {"data/tegata.db", "data/tegata.db.guess-key", "data/tegata.db.audit-head", "audit.key"}) {
    REQUIRE(::lstat(it.file(made).c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777) == 0600);
  }
}

TEST_CASE("files of root that the service's group may read pass") {
  const Installation it;
  if (::geteuid() != 0) {
    WARN("SKIPPED 1: not root");
    return;
  }
  for (const char* name : {"audit.key", "signing.key", "pki/server.pem"}) {
    REQUIRE(::chown(it.file(name).c_str(), 0, 65534) == 0);
    REQUIRE(::chmod(it.file(name).c_str(), 0640) == 0);
  }
  require_both_pass(it);
}

TEST_CASE("credentials of systemd pass") {
  const Installation it;
  forget_database(it);
  for (const char* name : {"audit.key", "signing.key"}) give_credential(it, name);
  ::chmod(it.file("credentials").c_str(), 0500);
  begin_again(it);
  require_both_pass(it);
}

TEST_CASE("secrets that are mounted behind links of root or our own pass") {
  const Installation it;
  forget_database(it);
  for (const char* name : {"audit.key", "signing.key"}) mount_secret(it, name);
  begin_again(it);
  require_both_pass(it);
}

TEST_CASE("a database of an older schema passes, and check does not bring it up to date") {
  const Installation it;
  forget_database(it);
  {
    store::Options options;
    options.database = it.file("data/tegata.db");
    options.audit_key = it.file("audit.key");
    auto old = store::engine::Connection::open(options.database, store::engine::Connection::Mode::make, {});
    REQUIRE(old);
    REQUIRE(store::migrate(**old, 12));
    const auto head = store::audit::AuditHead::open_or_make(options);
    REQUIRE(head);
    REQUIRE((*head)->write({}));
  }
  require_both_pass(it);
}

TEST_CASE("defect: check said nothing of a file for heads that takes none") {
  const Installation it;
  it.write("heads", "");
  ::chmod(it.file("heads").c_str(), 0644);
  it.configure_more("\n[audit]\nheads_file = \"heads\"\n");
  const auto answer = it.tegata({"check"});
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Catch::Matchers::Contains("heads_file takes no head: ") &&
                             Catch::Matchers::Contains("heads (mode 0644") && Catch::Matchers::Contains(": good"));
  ::chmod(it.file("heads").c_str(), 0600);
  CHECK(it.tegata({"check"}).out == it.config() + ": good\n");
}

TEST_CASE("check passes beside a server that runs") {
  const Installation it;
  const Serving running(it);
  CHECK(it.checked() == "");
  CHECK(running.stop() == 0);
}

TEST_CASE("defect: two servers ran on one database when their sockets differed") {
  const Installation it;
  const Serving running(it);
  it.configure("\"sockets\"", "\"sockets2\"");
  const auto who = "process " + std::to_string(running.pid());
  CHECK_THAT(it.served(), Catch::Matchers::StartsWith("store_in_use " + it.file("data/tegata.db")) &&
                              Catch::Matchers::Contains(who) && Catch::Matchers::Contains("stop that one first"));
  CHECK_FALSE(fs::exists(it.file("sockets2/ops.sock")));
  // The rest goes on beside it.
  const auto checked = it.tegata({"check"});
  CHECK(checked.code == 0);
  CHECK_THAT(checked.out, Catch::Matchers::Contains("a server runs on " + it.file("data/tegata.db") + " (" + who));
  CHECK(it.tegata({"key", "rotate"}).code == 0);
  CHECK(running.stop() == 0);
  CHECK(it.served() == "");
}

TEST_CASE("defect: a link that somebody planted became the guess key's") {
  const Installation it;
  forget_database(it);
  const auto elsewhere = it.file("elsewhere"), key = it.file("data/tegata.db.guess-key");
  // It leads to where nothing is yet: nothing is written through it, and it is no key.
  fs::create_symlink(elsewhere, key);
  CHECK_THAT(it.tegata({"init"}).err, Catch::Matchers::Contains("file_unreadable"));
  CHECK_FALSE(fs::exists(elsewhere));
  // It leads to a key that others know.
  it.write("elsewhere", "0123456789abcdef0123456789abcdef");
  ::chmod(elsewhere.c_str(), 0666);
  CHECK_THAT(it.tegata({"init"}).err, Catch::Matchers::Contains("file_open_to_others"));
  CHECK_THAT(it.checked(), Catch::Matchers::StartsWith("store_absent"));
}

}  // namespace tegata::test
