// A file that takes another's place has in it all that was committed, or does not take it.
#include "rp/store/backup.h"
#include "rp/store/beginning.h"
#include "rp/store/connection.h"
#include "rp/store/restore.h"
#include "tests/support/power_cut_vfs.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

namespace fs = std::filesystem;

struct FailingDisk {
  PowerCutVfs vfs{"failing-disk"};
  World world{[this](store::Options& options) { options.vfs = vfs.name(); }};
  const std::string copy = world.folder.file("copy");

  FailingDisk() {
    world.write<void>([](store::Transaction&) { return Status(); });
  }
  Result<store::Restored> restore() {
    store::RestoreOrder order;
    order.from = copy;
    order.actor = "operator:test";
    order.reason = "disk lost";
    return store::restore(world.options, world.clock, order);
  }
};

Status begin_and(const store::Options& options, const std::function<void()>& meanwhile) {
  StillClock clock;
  RepeatableRandom random;
  return store::begin(options, clock, random, [&](store::Store& store) -> Status {
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
  FailingDisk it;
  it.vfs.fail_writes_of(".part");
  const auto made = store::backup(it.world.options, it.copy);
  REQUIRE_FALSE(made);
  check_full_disk(made.error(), it.copy + ".part");
  CHECK_FALSE(fs::exists(it.copy));
  it.vfs.fail_writes_of("");
  CHECK(store::backup(it.world.options, it.copy));
}

TEST_CASE("defect: a restored database lacked what was restored where the log could not be folded into it") {
  FailingDisk it;
  REQUIRE(store::backup(it.world.options, it.copy));
  it.world.close();
  it.vfs.fail_writes_of(".restore");
  const auto refused = it.restore();
  REQUIRE_FALSE(refused);
  check_full_disk(refused.error(), it.world.options.database + ".restore");
  it.world.reopen();
  CHECK(records_of(it.world, "restored") == 0);
  it.world.close();
  it.vfs.fail_writes_of("");
  const auto done = it.restore();
  INFO((done ? "" : done.error().detail()));
  REQUIRE(done);
  it.world.reopen();
  CHECK(records_of(it.world, "restored") == 1);
}

TEST_CASE("defect: a database that began lacked its first key where the log could not be folded into it") {
  PowerCutVfs vfs("failing-disk");
  const Folder folder;
  store::Options options;
  options.database = folder.file("tegata.db");
  options.audit_key = folder.file("audit.pem");
  SECTION("the disk fails") {
    options.vfs = vfs.name();
    const auto begun = begin_and(options, [&] { vfs.fail_writes_of(".new/database"); });
    REQUIRE_FALSE(begun);
    check_full_disk(begun.error(), options.database + ".new/database");
    vfs.fail_writes_of("");
  }
  SECTION("somebody reads it") {
    options.patience = std::chrono::milliseconds(10);
    std::unique_ptr<store::Connection> reader;
    const auto begun = begin_and(options, [&] {
      reader = std::move(store::Connection::open(options.database + ".new/database", store::Connection::Mode::read, {}))
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
  CHECK(store::verify_audit(options)->records == 1);
}

}  // namespace tegata::test
