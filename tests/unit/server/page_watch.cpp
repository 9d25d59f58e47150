// Pages that are damaged while nobody reads them.
#include "rp/server/page_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

namespace tegata::server {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct WatchedPages {
  fs::path folder = fs::temp_directory_path() / ("tegata-page-watch-" + std::to_string(::getpid()));
  test::StillClock clock;
  test::RepeatableRandom random;
  running::Log log{clock, -1};
  running::Vitals vitals{clock};
  std::unique_ptr<store::Store> store;

  WatchedPages() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    store = test::open_store(options, clock, random).value();
  }
  ~WatchedPages() {
    store.reset();
    fs::remove_all(folder);
  }

  // Garbage over the first page of a table; gives what was there.
  std::string overwrite(const std::string& table, std::optional<std::string> with = {}) {
    const auto page = store->read<std::int64_t>([&](store::Reader& reader) -> Result<std::int64_t> {
      TEGATA_TRY(reader.connection().run("PRAGMA wal_checkpoint(TRUNCATE)"));
      TEGATA_ASSIGN(const auto found,
                    reader.connection().find<std::int64_t>("SELECT rootpage FROM sqlite_master WHERE name = :name",
                                                           {{":name", table}}, store::engine::read_integer));
      return found.value();
    });
    REQUIRE(page);
    std::string before(4096, '\0');
    const std::string garbage = with.value_or(std::string(before.size(), '\xa5'));
    const int file = ::open((folder / "db").c_str(), O_RDWR | O_CLOEXEC);
    const auto at = (*page - 1) * static_cast<off_t>(before.size());
    REQUIRE(::pread(file, before.data(), before.size(), at) == static_cast<ssize_t>(before.size()));
    REQUIRE(::pwrite(file, garbage.data(), garbage.size(), at) == static_cast<ssize_t>(garbage.size()));
    ::close(file);
    return before;
  }
};

template <typename Wanted>
bool comes_to_be(Wanted wanted) {
  for (int i = 0; i < 10'000 && !wanted(); ++i) ::usleep(1000);
  return wanted();
}

}  // namespace

TEST_CASE("defect: ready was said while pages were damaged that nobody read") {
  WatchedPages watched;
  const auto good = watched.overwrite("pass");
  REQUIRE(watched.store->verify_pages());
  const PageWatch watch(*watched.store, watched.clock, watched.vitals, watched.log, {1h, 1ms, 1ms});
  watched.clock.advance(1h);
  REQUIRE(comes_to_be([&] { return !watched.store->verify_pages(); }));
  const auto said = watched.store->verify_pages();
  CHECK(said.error().code() == errors::store_damaged);
  CHECK(said.error().detail().find("table pass: ") != std::string::npos);
  watched.overwrite("pass", good);
  CHECK(comes_to_be([&] { return watched.store->verify_pages().has_value(); }));
}

}  // namespace tegata::server
