// A disk that gets full: grants end first, what takes away goes on, reading goes on, and room again is enough.
#include "rp/store/engine/connection.h"
#include "tests/support/power_cut_vfs.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t reserve = 64 * 1024 * 1024;

// The disk has as much room as the test says.
struct FullingWorld {
  std::optional<std::uint64_t> free = 10 * reserve;
  World world;

  explicit FullingWorld(const std::string& vfs = {})
      : world([&](tegata::store::Options& options) {
          options.vfs = vfs;
          options.reserve = reserve;
          options.free_space = [this](const std::string&) { return free; };
        }) {
    put_samples(world);
    REQUIRE(write("E1", store::Purpose::give));
  }

  Status write(const std::string& id, store::Purpose purpose) {
    return world.store->write<void>(
        [&](store::Transaction& transaction) -> Status {
          transaction.audit(event("begun"));
          TEGATA_TRY(insert_handoff(transaction, sample_enrollment(id, transaction.now())));
          return {};
        },
        purpose);
  }
  Status take_away(const std::string& id) {
    return world.store->write<void>(
        [&](store::Transaction& transaction) -> Status {
          transaction.audit(event("taken_away"));
          TEGATA_ASSIGN(const bool moved, advance(transaction, handoff::Kind::enrollment, id, handoff::Event::cancel));
          return moved ? Status() : Error(errors::internal, "not there");
        },
        store::Purpose::take_away);
  }
  bool is_there(const std::string& id) {
    return world
        .read<std::optional<store::Handoff>>(
            [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); })
        .has_value();
  }
};

void check_full(const Status& done) {
  REQUIRE(!done);
  CHECK(done.error().code() == errors::store_disk_full);
}

}  // namespace

TEST_CASE("defect: a disk that got full took revoking with it") {
  FullingWorld disk;
  disk.free = reserve - 1;
  const auto refused = disk.write("E2", store::Purpose::give);
  check_full(refused);
  CHECK(refused.error().detail().find("63 MiB are free, and 64 MiB are kept for revoking: free some") !=
        std::string::npos);
  CHECK(
      refused.error().detail().starts_with(std::filesystem::path(disk.world.options.database).parent_path().string()));
  CHECK(disk.take_away("E1"));
  CHECK(disk.is_there("E1"));  // reading goes on
  CHECK(!disk.is_there("E2"));
  check_full(disk.world.store->ready());
  disk.free = reserve;
  CHECK(disk.write("E2", store::Purpose::give));
  CHECK(disk.world.store->ready());
  disk.world.close();
  CHECK(store::audit::verify_audit(disk.world.options));
}

TEST_CASE("below the reserve the operation does not run, so nothing of it counts") {
  FullingWorld disk;
  disk.free = 0;
  bool ran = false;
  check_full(disk.world.store->write<void>([&](store::Transaction&) {
    ran = true;
    return Status();
  }));
  CHECK(!ran);
}

TEST_CASE("defect: refusals used up the last of the disk") {
  FullingWorld disk;
  disk.free = 0;
  for (int i = 0; i < 5; ++i) {
    const auto refused = disk.world.store->write<void>(
        [](store::Transaction& transaction) -> Status {
          transaction.audit_refusal(refusal("wrong", "192.0.2.1"));
          return Error(errors::hex_malformed, "on purpose");
        },
        store::Purpose::take_away);
    REQUIRE(!refused);
    CHECK(refused.error().code() == errors::hex_malformed);
  }
  disk.world.clock.advance(2min);
  REQUIRE(disk.take_away("E1"));
  CHECK(records_of(disk.world, "refused") == 0);
  CHECK(records_of(disk.world, "records_left_out") == 0);  // not even that, while there is no room
  disk.free = 10 * reserve;
  REQUIRE(disk.write("E2", store::Purpose::give));
  CHECK(records_of(disk.world, "records_left_out") == 1);
}

TEST_CASE("a disk that does not say what is free grants nothing") {
  FullingWorld disk;
  disk.free.reset();
  const auto refused = disk.write("E2", store::Purpose::give);
  REQUIRE(!refused);
  CHECK(refused.error().code() == errors::store_unavailable);
  CHECK(disk.take_away("E1"));
}

TEST_CASE("a write that finds the disk full all the same says so, changes nothing, and the next one with room stands") {
  PowerCutVfs vfs("disk-full");
  {
    FullingWorld disk(vfs.name());
    vfs.fail_writes(true);
    for (int i = 0; i < 3; ++i) check_full(disk.write("lost" + std::to_string(i), store::Purpose::give));
    check_full(disk.take_away("E1"));
    CHECK(disk.is_there("E1"));
    vfs.fail_writes(false);
    CHECK(disk.write("kept", store::Purpose::give));
    CHECK(disk.take_away("E1"));
    disk.world.reopen();
    CHECK(disk.is_there("kept"));
    for (int i = 0; i < 3; ++i) CHECK(!disk.is_there("lost" + std::to_string(i)));
    disk.world.close();
    CHECK(store::audit::verify_audit(disk.world.options));
  }
}
