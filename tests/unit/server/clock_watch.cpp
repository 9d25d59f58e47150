// What operators see of a clock that is not believed: one line when it begins, one when it is over, and a figure.
#include "rp/server/clock_watch.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

using namespace tegata;

namespace {

// What stands in the file of a log so far.
struct ClockLog {
  std::FILE* file = std::tmpfile();
  ~ClockLog() { std::fclose(file); }
  std::string text() const {
    std::string out(1 << 16, '\0');
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(fileno(file), out.data(), out.size(), 0), 0)));
    return out;
  }
  bool says(const std::string& what) const {
    for (int i = 0; i < 400; ++i) {
      if (text().find(what) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};

}  // namespace

TEST_CASE("a clock that is set under a running server is told of, and so is its return") {
  const auto folder = std::filesystem::temp_directory_path() / ("tegata-clock-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    tegata::test::StillClock clock;
    tegata::test::RepeatableRandom random;
    const ClockLog lines;
    const tegata::server::running::Log log(clock, fileno(lines.file));
    tegata::store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    const auto store = test::open_store(options, clock, random);
    REQUIRE(store);
    REQUIRE((*store)->write<void>([](store::Transaction& transaction) -> Status {
      transaction.audit({"test", "system", "test", "", Json::object(), "", ""});
      return {};
    }));
    tegata::server::running::Vitals vitals(clock);
    const server::ClockWatch watch(**store, vitals, log, {std::chrono::milliseconds(5)});
    clock.step(std::chrono::hours(24));
    CHECK(lines.says("store_clock_ahead"));
    CHECK(watch.figures().find("tegata_clock_refused 1") != std::string::npos);
    clock.step(-std::chrono::hours(24));
    CHECK(lines.says("clock_right_again"));
    CHECK(watch.figures().find("tegata_clock_refused 0") != std::string::npos);
  }
  std::filesystem::remove_all(folder);
}
