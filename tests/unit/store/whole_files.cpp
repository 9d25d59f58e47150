// A file that takes another's place has in it all that was committed, or does not take it.
#include <sqlite3.h>

#include "rp/store/engine/connection.h"
#include "rp/store/upkeep/backup.h"
#include "rp/store/upkeep/beginning.h"
#include "rp/store/upkeep/restore.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

namespace fs = std::filesystem;

// The files whose names end so take no writes, as on a full disk, while `fails` is set; all others are as ever.
class NoRoomVfs {
 public:
  explicit NoRoomVfs(std::string ending) {
    ending_ = std::move(ending);
    fails = false;
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = name;
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 0);
  }
  ~NoRoomVfs() { sqlite3_vfs_unregister(&vfs_); }
  NoRoomVfs(const NoRoomVfs&) = delete;
  NoRoomVfs& operator=(const NoRoomVfs&) = delete;

  static constexpr const char* name = "no-room";
  static inline bool fails = false;

 private:
  static int open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out) {
    const int opened = real_->xOpen(real_, path, file, flags, out);
    if (opened != SQLITE_OK || !path || !std::string_view(path).ends_with(ending_)) return opened;
    real_write_ = file->pMethods->xWrite;
    methods_ = *file->pMethods;
    methods_.xWrite = write;
    file->pMethods = &methods_;
    return opened;
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    return fails ? SQLITE_FULL : real_write_(file, data, size, at);
  }
  static inline std::string ending_;
  static inline sqlite3_vfs* real_ = nullptr;
  static inline sqlite3_io_methods methods_{};
  static inline decltype(sqlite3_io_methods::xWrite) real_write_ = nullptr;
  sqlite3_vfs vfs_{};
};

struct FailingDisk {
  explicit FailingDisk(const std::string& ending) : vfs(ending) {
    world.write<void>([](store::Transaction&) { return Status(); });
  }
  NoRoomVfs vfs;
  World world{[](store::Options& options) { options.vfs = NoRoomVfs::name; }};
  const std::string copy = world.folder.file("copy");

  Result<store::upkeep::Restored> restore() {
    store::upkeep::RestoreOrder order;
    order.from = copy;
    order.actor = "operator:test";
    order.reason = "disk lost";
    return store::upkeep::restore(world.options, world.clock, order);
  }
};

Status begin_and(const store::Options& options, const std::function<void()>& meanwhile) {
  StillClock clock;
  RepeatableRandom random;
  return store::upkeep::begin(options, clock, random, [&](store::Store& store) -> Status {
    TEGATA_TRY(store.write<void>([](store::Transaction& transaction) -> Status {
      transaction.audit(event("any"));
      return {};
    }));
    meanwhile();
    return {};
  });
}

void check_full_disk(const Error& error, const std::string& path) {
  CHECK(std::string(error.code().name()) == "store_disk_full");
  INFO(error.detail());
  CHECK(error.detail().starts_with(path + ": the disk is full"));
}

}  // namespace

TEST_CASE("defect: a backup lacked its mark where the log could not be folded into it") {
  FailingDisk it(".part");
  it.vfs.fails = true;
  const auto made = store::upkeep::backup(it.world.options, it.copy);
  REQUIRE_FALSE(made);
  check_full_disk(made.error(), it.copy + ".part");
  CHECK_FALSE(fs::exists(it.copy));
  it.vfs.fails = false;
  CHECK(store::upkeep::backup(it.world.options, it.copy));
}

TEST_CASE("defect: a restored database lacked what was restored where the log could not be folded into it") {
  FailingDisk it(".restore");
  REQUIRE(store::upkeep::backup(it.world.options, it.copy));
  it.world.close();
  it.vfs.fails = true;
  const auto refused = it.restore();
  REQUIRE_FALSE(refused);
  check_full_disk(refused.error(), it.world.options.database + ".restore");
  it.world.reopen();
  CHECK(records_of(it.world, "restored") == 0);
  it.world.close();
  it.vfs.fails = false;
  const auto done = it.restore();
  INFO((done ? "" : done.error().detail()));
  REQUIRE(done);
  it.world.reopen();
  CHECK(records_of(it.world, "restored") == 1);
}

TEST_CASE("defect: a database that began lacked its first key where the log could not be folded into it") {
  NoRoomVfs vfs(".new/database");
  const Folder folder;
  store::Options options;
  options.database = folder.file("tegata.db");
  options.audit_key = folder.file("audit.pem");
  SECTION("the disk fails") {
    options.vfs = NoRoomVfs::name;
    const auto begun = begin_and(options, [&] { vfs.fails = true; });
    REQUIRE_FALSE(begun);
    check_full_disk(begun.error(), options.database + ".new/database");
    vfs.fails = false;
  }
  SECTION("somebody reads it") {
    options.patience = std::chrono::milliseconds(10);
    std::unique_ptr<store::engine::Connection> reader;
    const auto begun = begin_and(options, [&] {
      reader = std::move(store::engine::Connection::open(options.database + ".new/database",
                                                         store::engine::Connection::Mode::read, {}))
                   .value();
      REQUIRE(reader->run("BEGIN"));
      REQUIRE(reader->run("SELECT * FROM audit"));
    });
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code() == errors::store_busy);
    CHECK(begun.error().detail().starts_with(options.database + ".new/database: its log cannot be folded into it"));
  }
  CHECK_FALSE(fs::exists(options.database));
  const auto begun = begin_and(options, [] {});
  INFO((begun ? "" : begun.error().detail()));
  REQUIRE(begun);
  CHECK(store::audit::verify_audit(options)->records == 1);
}

}  // namespace tegata::test
