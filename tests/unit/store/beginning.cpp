// A beginning is made once, whole or not at all, and one server has the database.
#include "rp/store/upkeep/beginning.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "rp/store/engine/database_file.h"
#include "rp/store/engine/server_lock.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Unbegun {
  Unbegun() {
    options.database = folder.file("tegata.db");
    options.audit_key = folder.file("audit.pem");
  }
  Status begin(const std::function<Status(store::Store&)>& fill = nullptr) {
    return tegata::store::upkeep::begin(options, clock, random, fill);
  }
  std::string draft() const { return options.database + ".new/database"; }
  // Why no store opens, by either way.
  std::string refusal() {
    const auto opened = store::Store::open(options, clock);
    const auto looked = store::Store::look(options, clock);
    if (opened || looked) return "";
    CHECK(opened.error().detail() == looked.error().detail());
    CHECK(opened.error().code() == errors::store_absent);
    return opened.error().detail();
  }
  std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder.file(""))) out.push_back(entry.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }

  Folder folder;
  tegata::store::Options options;
  StillClock clock;
  RepeatableRandom random;
};

Error stopped() { return Error(errors::internal, "stopped"); }

void put(const std::string& path) { std::ofstream(path) << "x"; }

}  // namespace

TEST_CASE("defect: where nothing lay a database was made") {
  Unbegun it;
  CHECK(it.refusal().starts_with(it.options.database + ": there is no database. If this installation is new"));
  CHECK(it.files().empty());
  SECTION("a key alone is a disk that is not mounted") {
    put(it.options.audit_key);
    CHECK(it.refusal().find("while its audit key is there (" + it.options.audit_key + ")") != std::string::npos);
  }
  SECTION("a head or a log alone belongs to a database that is gone") {
    const auto left = GENERATE(".audit-head", "-wal");
    put(it.options.database + left);
    CHECK(it.refusal().find(left + std::string(" belongs to one")) != std::string::npos);
    const auto refused = it.begin();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::store_exists);
    CHECK(refused.error().detail().starts_with(it.options.database + left));
  }
}

TEST_CASE("a beginning is made once") {
  Unbegun it;
  REQUIRE(it.begin());
  const std::vector<std::string> all = {"audit.pem", "tegata.db", "tegata.db.audit-head", "tegata.db.lock"};
  CHECK(it.files() == all);
  CHECK(store::Store::open(it.options, it.clock));
  const auto again = it.begin();
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == errors::store_exists);
  auto opened = all;
  opened.insert(opened.end() - 1, "tegata.db.epoch");
  CHECK(it.files() == opened);
}

TEST_CASE("a beginning that fails leaves nothing but the key, and the next one uses that") {
  Unbegun it;
  const auto failed = it.begin([](store::Store&) -> Status { return stopped(); });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().detail() == "stopped");
  CHECK(it.files() == std::vector<std::string>{"audit.pem", "tegata.db.lock"});
  REQUIRE(it.begin());
  CHECK(store::Store::open(it.options, it.clock));
}

TEST_CASE("a beginning that is killed at any step is made by the next one, or was made") {
  Unbegun it;
  const auto& database = it.options.database;
  const auto head = store::engine::head_of(database), draft = it.draft(), draft_head = store::engine::head_of(draft);
  REQUIRE(it.begin());
  fs::create_directory(fs::path(draft).parent_path());
  // As it is before the draft goes away, and one step back each.
  fs::create_hard_link(database, draft);
  fs::create_hard_link(head, draft_head);
  bool made = true;
  SECTION("both in their places") {}
  SECTION("the head in its place") {
    fs::remove(database);
    made = false;
    CHECK(it.refusal().find("where `tegata init` was interrupted, run it again") != std::string::npos);
  }
  SECTION("a draft") {
    fs::remove(database);
    fs::remove(head);
    made = false;
  }
  SECTION("half a draft") {
    for (const auto& path : {database, head, draft_head}) fs::remove(path);
    std::ofstream(draft + "-wal") << "half";
    made = false;
  }
  const auto begun = it.begin();
  CHECK(begun.has_value() != made);
  CHECK(it.files() == std::vector<std::string>{"audit.pem", "tegata.db", "tegata.db.audit-head", "tegata.db.lock"});
  CHECK(store::Store::open(it.options, it.clock));
}

TEST_CASE("defect: a beginning deleted whatever had the name of its draft") {
  Unbegun it;
  const auto folder = it.options.database + ".new";
  std::string foreign = folder, kept;
  SECTION("a file") { kept = foreign; }
  SECTION("a link to a folder") {
    fs::create_directory(it.folder.file("elsewhere"));
    kept = it.folder.file("elsewhere/database");
    fs::create_directory_symlink("elsewhere", folder);
  }
  SECTION("a file among those of a draft") {
    fs::create_directory(folder);
    put(it.draft());
    kept = foreign = folder + "/notes";
  }
  put(kept);
  for (const auto& refused : {it.begin(), store::upkeep::verify_draft(it.options)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::store_exists);
    CHECK(refused.error().detail() ==
          foreign + " is there, and `tegata init` did not make it: move it away, and run this again");
  }
  CHECK(fs::file_size(kept) == 1);
  fs::rename(foreign, it.folder.file("moved"));
  REQUIRE(it.begin());
  CHECK_FALSE(fs::exists(folder));
  CHECK(store::Store::open(it.options, it.clock));
}

TEST_CASE("a head that is another database's is not taken for that of a killed beginning") {
  Unbegun it;
  REQUIRE(it.begin());
  fs::create_directory(fs::path(it.draft()).parent_path());
  fs::copy(store::engine::head_of(it.options.database), store::engine::head_of(it.draft()));
  fs::remove(it.options.database);
  CHECK(it.begin().error().code() == errors::store_exists);
  CHECK(fs::exists(tegata::store::engine::head_of(it.options.database)));
}

TEST_CASE("one process has the lock, by whatever name it calls the database, and who that is can be asked") {
  Unbegun it;
  REQUIRE(it.begin());
  const auto other_name = it.folder.file("link.db");
  fs::create_symlink(it.options.database, other_name);
  CHECK(tegata::store::engine::ServerLock::holder(it.options.database).empty());
  {
    const auto lock = tegata::store::engine::ServerLock::take(it.options.database);
    REQUIRE(lock);
    const auto me = "process " + std::to_string(::getpid());
    CHECK(tegata::store::engine::ServerLock::holder(other_name) == me);
    const auto second = tegata::store::engine::ServerLock::take(other_name);
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == errors::store_in_use);
    CHECK(second.error().detail().starts_with(other_name + " is in use by a server (" + me + ")"));
    const auto begun = it.begin();
    CHECK(begun.error().code() == errors::store_in_use);
  }
  CHECK(tegata::store::engine::ServerLock::holder(it.options.database).empty());
  CHECK(tegata::store::engine::ServerLock::take(it.options.database));
}

TEST_CASE("the lock ends with its process however that ends, and no program that it starts has it") {
  Unbegun it;
  int ready[2], child_ends[2];
  REQUIRE(::pipe(ready) == 0);
  REQUIRE(::pipe(child_ends) == 0);
  const auto holder = ::fork();
  if (holder == 0) {
    const auto lock = tegata::store::engine::ServerLock::take(it.options.database);
    int started[2];
    (void)!::pipe2(started, O_CLOEXEC);
    if (::fork() == 0) {
      ::dup2(child_ends[0], 0);
      ::close(child_ends[1]);
      ::execl("/bin/cat", "cat", nullptr);
    }
    // Closed by the start of that program.
    ::close(started[1]);
    char none;
    (void)!::read(started[0], &none, 1);
    (void)!::write(ready[1], lock ? "y" : "n", 1);
    ::pause();
  }
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK(tegata::store::engine::ServerLock::holder(it.options.database) == "process " + std::to_string(holder));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  // Its child runs on.
  CHECK(tegata::store::engine::ServerLock::take(it.options.database));
  ::close(child_ends[1]);
  ::close(child_ends[0]);
}

TEST_CASE("defect: a clock that is not believed refused what takes away, too") {
  World world;
  const auto moment = world.clock.now();
  world.write<void>([](store::Transaction&) -> Status { return {}; });
  const auto write = [&](store::Purpose purpose) {
    return world.store->write<Instant>(
        [](store::Transaction& transaction) -> Result<Instant> {
          transaction.audit(event("any"));
          return transaction.now();
        },
        purpose);
  };
  const auto [code, by] = GENERATE(table<std::string, std::chrono::milliseconds>(
      {{"store_clock_behind", -24h}, {"store_clock_ahead", 24h}, {"store_clock_ahead", 6 * 366 * 24h}}));
  world.clock.step(by);
  for (const auto purpose : {store::Purpose::give, store::Purpose::upkeep}) {
    const auto refused = write(purpose);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code().name() == code);
  }
  // At the latest moment that was committed, and again: it moves nothing.
  for (int i = 0; i < 2; ++i) CHECK(write(store::Purpose::take_away).value() == moment);
  CHECK(world.store->verify_clock().error().code().name() == code);
  world.clock.step(-by);
  CHECK(world.store->verify_clock());
  CHECK(write(store::Purpose::give).value() >= moment);
  world.close();
  CHECK(tegata::store::audit::verify_audit(world.options)->records == 4);
}

TEST_CASE("a beginning that is filled has its epoch, and an epoch alone is what is left of a database") {
  Unbegun it;
  REQUIRE(it.begin([](store::Store&) -> Status { return {}; }));
  CHECK(it.files() == std::vector<std::string>{"audit.pem", "tegata.db", "tegata.db.audit-head", "tegata.db.epoch",
                                               "tegata.db.lock"});
  CHECK(store::Store::open(it.options, it.clock));
  for (const char* tail : {"", ".audit-head"}) fs::remove(it.options.database + tail);
  CHECK(it.refusal().find(".epoch belongs to one") != std::string::npos);
  const auto refused = it.begin();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_exists);
  CHECK(refused.error().detail().starts_with(it.options.database + ".epoch"));
}

TEST_CASE("a database behind a link has its log beside itself, and is written") {
  Unbegun it;
  REQUIRE(it.begin());
  fs::create_directory(it.folder.file("disk"));
  fs::permissions(it.folder.file("disk"), fs::perms::owner_all);
  fs::rename(it.options.database, it.folder.file("disk/tegata.db"));
  fs::create_symlink("disk/tegata.db", it.options.database);
  const auto opened = store::Store::open(it.options, it.clock);
  INFO((opened ? "" : opened.error().detail()));
  REQUIRE(opened);
  CHECK((*opened)->write<void>([](store::Transaction& transaction) -> Status {
    transaction.audit(event("any"));
    return {};
  }));
  CHECK((*opened)->verify_writes());
}
