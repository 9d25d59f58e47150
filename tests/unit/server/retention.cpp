// The daily round: begins by itself, purges what is over, and ends with the server.
#include "rp/server/retention.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "rp/store/audit/verify.h"
#include "rp/store/notices.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("the round purges what is over, and again after its time") {
  const auto folder = std::filesystem::temp_directory_path() / ("tegata-retention-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    StillClock clock;
    RepeatableRandom random;
    const tegata::server::running::Log log(clock, -1);
    tegata::store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    const auto opened = tegata::test::open_store(options, clock, random);
    REQUIRE(opened);
    auto& store = **opened;
    const auto put = [&] {
      REQUIRE(store.write<void>([](store::Transaction& transaction) -> Status {
        transaction.audit({"test", "system", "test", "", Json::object(), "", ""});
        return store::put_notice(transaction, "phone_added", "AB123456789", {{"label", "iPhone"}});
      }));
    };
    const auto notices = [&] {
      const auto found = store.read<std::vector<store::Notice>>(
          [](tegata::store::Reader& reader) { return store::list_notices(reader, 0, 100); });
      REQUIRE(found);
      return found->size();
    };
    const auto wait_for = [&](std::size_t count) {
      for (int i = 0; i < 200 && notices() != count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(25));
      CHECK(notices() == count);
    };
    for (int i = 0; i < 3; ++i) put();
    tegata::store::upkeep::Retention retention;
    retention.notices = std::chrono::hours(1);
    clock.advance(std::chrono::hours(2));
    put();
    using std::chrono::milliseconds;
    tegata::server::running::Vitals vitals(clock);
    const server::PurgeWorker worker(store, options, retention, vitals, log, {milliseconds(1), milliseconds(50)});
    wait_for(1);
    clock.advance(std::chrono::hours(2));
    wait_for(0);
    CHECK(tegata::store::audit::verify_audit(options));
  }
  std::filesystem::remove_all(folder);
}
