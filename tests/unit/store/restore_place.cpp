// What a restore finds at the place of the database: somebody who has it open, what readers left, links.
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "rp/store/audit/epoch.h"
#include "rp/store/audit/export.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/upkeep/backup.h"
#include "rp/store/upkeep/beginning.h"
#include "rp/store/upkeep/restore.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

namespace fs = std::filesystem;
using Mode = store::engine::Connection::Mode;

// A database, and a backup of it that lacks one record, which an export has.
struct Place : World {
  Place() {
    write<void>([](store::Transaction&) { return Status(); });
    REQUIRE(store::upkeep::backup(options, copy));
    write<void>([](store::Transaction&) { return Status(); });
    for (const auto& each : read<std::vector<store::audit::AuditRecord>>(
             [](store::Reader& reader) { return store::audit::list_audit(reader, 1, 1000); }))
      lines += store::audit::export_line(each) + "\n";
    close();
  }
  Result<store::upkeep::Restored> restore(const std::vector<std::string>& exports = {}) const {
    store::upkeep::RestoreOrder order;
    order.from = copy;
    order.exports = exports;
    order.actor = "operator:test";
    order.reason = "disk lost";
    return store::upkeep::restore(options, clock, order);
  }
  void must_restore() const {
    const auto done = restore();
    INFO((done ? "" : done.error().detail()));
    REQUIRE(done);
  }
  const std::string copy = folder.file("copy");
  std::string lines;
};

// Another process, which does something and then waits for its end.
class Neighbour {
 public:
  explicit Neighbour(const std::function<bool()>& act) {
    REQUIRE(::pipe(ready_) == 0);
    id_ = ::fork();
    if (id_ != 0) return;
    (void)!::write(ready_[1], act() ? "y" : "n", 1);
    ::pause();
  }
  ~Neighbour() {
    end();
    for (const int each : ready_) ::close(each);
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  bool has_acted() const {
    char answer = 0;
    pollfd waiting{ready_[0], POLLIN, 0};
    return ::poll(&waiting, 1, 20'000) == 1 && ::read(ready_[0], &answer, 1) == 1 && answer == 'y';
  }
  void end() {
    if (id_ > 0) ::kill(id_, SIGKILL);
    if (id_ > 0) ::waitpid(id_, nullptr, 0);
    id_ = 0;
  }
  pid_t id() const { return id_; }

 private:
  int ready_[2]{};
  pid_t id_ = 0;
};

// Stays open until the process ends.
bool open_and_read(const std::string& database, Mode mode) {
  static std::unique_ptr<store::engine::Connection> held;
  auto opened = store::engine::Connection::open(database, mode, {});
  if (!opened) return false;
  held = std::move(*opened);
  return held->run("SELECT count(*) FROM audit").has_value();
}

void check_in_use(const Result<store::upkeep::Restored>& refused, const std::string& database, pid_t by) {
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_in_use);
  const auto& detail = refused.error().detail();
  CAPTURE(detail);
  CHECK(detail.starts_with(database + " is open in process " + std::to_string(by) + ", "));
  CHECK(detail.find("`fuser -v " + database + "`") != std::string::npos);
}

// The database, its head and its epoch moved to other folders, and links in their places.
struct LinkedPlace : Place {
  explicit LinkedPlace(const fs::path& heads) {
    reopen();  // begins the epoch
    close();
    fs::create_directory(folder.file("disk"));
    fs::permissions(folder.file("disk"), fs::perms::owner_all);
    move_and_link(options.database, folder.file("disk"));
    for (const auto& path : {store::engine::head_of(options.database), store::engine::epoch_path(options)})
      move_and_link(path, heads);
  }
  static void move_and_link(const fs::path& path, const fs::path& to) {
    const auto target = to / path.filename();
    fs::copy_file(path, target);
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
    fs::remove(path);
    fs::create_symlink(target, path);
  }
  void check_links() const {
    for (const auto& path :
         {options.database, store::engine::head_of(options.database), store::engine::epoch_path(options)}) {
      CAPTURE(path);
      CHECK(fs::is_symlink(path));
      CHECK(fs::is_regular_file(path));
    }
  }
};

// On another disk than the folders of tests, as a rule.
struct OtherDisk {
  OtherDisk() {
    std::string pattern = "/dev/shm/tegata-store-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()));
    path = pattern;
  }
  ~OtherDisk() { fs::remove_all(path); }
  OtherDisk(const OtherDisk&) = delete;
  OtherDisk& operator=(const OtherDisk&) = delete;
  fs::path path;
};

}  // namespace

TEST_CASE("defect: a restore did not see who had the database open") {
  Place it;
  const auto mode = GENERATE(Mode::read, Mode::write);
  Neighbour reader([&] { return open_and_read(it.options.database, mode); });
  REQUIRE(reader.has_acted());
  check_in_use(it.restore(), it.options.database, reader.id());
  reader.end();
  it.must_restore();
}

TEST_CASE("defect: a restore did not see who opened or wrote the database meanwhile") {
  Place it;
  const auto pipe = it.folder.file("export");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const bool stays = GENERATE(true, false);
  // While the restore waits for the export, it is in the midst of its work.
  Neighbour neighbour([&] {
    std::ofstream out(pipe);
    if (stays && !open_and_read(it.options.database, Mode::read)) return false;
    if (!stays) {
      const auto opened = store::Store::open(it.options, it.clock);
      const auto written = (*opened)->write<void>([](store::Transaction& transaction) -> Status {
        transaction.audit(event("any"));
        return {};
      });
      if (!written) return false;
    }
    return static_cast<bool>(out << it.lines << std::flush);
  });
  const auto refused = it.restore({pipe});
  REQUIRE(neighbour.has_acted());
  if (stays) {
    check_in_use(refused, it.options.database, neighbour.id());
  } else {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::store_busy);
    CHECK(refused.error().detail().starts_with(it.options.database + ": was written while it was read"));
  }
  neighbour.end();
  it.reopen();
  CHECK(records_of(it, "any") == (stays ? 0 : 1));
  CHECK(records_of(it, "restored") == 0);
}

TEST_CASE("defect: what a reader left beside the old database stayed beside the restored one") {
  Place it;
  Neighbour reader([&] { return open_and_read(it.options.database, Mode::read); });
  REQUIRE(reader.has_acted());
  reader.end();
  REQUIRE(fs::exists(it.options.database + "-shm"));
  REQUIRE(fs::file_size(it.options.database + "-wal") == 0);
  it.must_restore();
  for (const char* tail : {"-wal", "-shm"}) CHECK_FALSE(fs::exists(it.options.database + tail));
  it.reopen();
  CHECK(records_of(it, "restored") == 1);
}

TEST_CASE("defect: a restore put its files in the place of links, and left those that they led to") {
  const OtherDisk other;
  LinkedPlace it(other.path);
  std::string kept;
  SECTION("over what is there") { kept = it.options.database; }
  SECTION("the disk of the database is lost") { fs::remove(it.folder.file("disk/tegata.db")); }
  SECTION("all of them are") {
    fs::remove(it.folder.file("disk/tegata.db"));
    for (const auto& each : {store::engine::head_of("tegata.db"), std::string("tegata.db.epoch")})
      fs::remove(other.path / each);
  }
  const auto done = it.restore();
  INFO((done ? "" : done.error().detail()));
  REQUIRE(done);
  it.check_links();
  if (!kept.empty()) {
    CHECK(fs::path(done->moved_to).parent_path() == it.folder.file("disk"));
    store::Options old = it.options;
    old.database = done->moved_to;
    CHECK(store::audit::verify_audit(old)->records == 2);
  }
  it.reopen();
  CHECK(records_of(it, "restored") == 1);
  it.close();
  for (const auto& each : fs::directory_iterator(it.folder.file("disk")))
    CHECK(each.path().string().find(".restore") == std::string::npos);
}

TEST_CASE("defect: a start put the epoch in the place of the link that led to it") {
  const OtherDisk other;
  LinkedPlace it(other.path);
  REQUIRE(store::audit::write_epoch(store::engine::epoch_path(it.options), "another line"));
  it.check_links();
  std::string line;
  std::getline(std::ifstream(other.path / "tegata.db.epoch") >> std::ws, line);
  CHECK(line == "another line");
}

TEST_CASE("a database behind a link is backed up, and no copy takes the place of a link") {
  const OtherDisk other;
  LinkedPlace it(other.path);
  CHECK(store::upkeep::backup(it.options, it.folder.file("second")));
  const auto taken = it.folder.file("link");
  fs::create_symlink("nowhere", taken);
  const auto refused = store::upkeep::backup(it.options, taken);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail() == taken + " exists already");
  CHECK(fs::is_symlink(taken));
}

TEST_CASE("defect: a backup began beside the log of another database, which would have been taken for its own") {
  Place it;
  const auto to = it.folder.file("second");
  std::ofstream(to + "-wal") << "x";
  const auto refused = store::upkeep::backup(it.options, to);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_backup_failed);
  CHECK(refused.error().detail() == to + "-wal exists already");
  CHECK_FALSE(fs::exists(to));
}

TEST_CASE("an installation begins at no link: where it leads nowhere, its disk is not there") {
  const Folder folder;
  store::Options options;
  options.database = folder.file("tegata.db");
  options.audit_key = folder.file("audit.pem");
  StillClock clock;
  RepeatableRandom random;
  fs::create_symlink(folder.file("disk/tegata.db"), options.database);
  const bool mounted = GENERATE(false, true);
  if (mounted) fs::create_directory(folder.file("disk"));
  const auto absent = store::Store::open(options, clock);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code() == errors::store_absent);
  const auto refused = store::upkeep::begin(options, clock, random);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_exists);
  CHECK(refused.error().detail().find("it is a link that leads nowhere: mount the disk") != std::string::npos);
  CHECK(fs::is_symlink(options.database));
  CHECK_FALSE(fs::exists(options.audit_key));
}

}  // namespace tegata::test
