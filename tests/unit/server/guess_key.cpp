// The key of guesses: none yet, and one that is missing, are two things.
#include "rp/server/keys/guess_key.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "rp/server/config/errors.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

namespace tegata::server {

TEST_CASE("defect: a guess key that was missing passed for none where nothing is written") {
  const auto folder = std::filesystem::temp_directory_path() / ("tegata-guess-key-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    test::StillClock clock;
    test::RepeatableRandom random;
    store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    const auto store = test::open_store(options, clock, random).value();
    const auto path = (folder / "guess-key").string();
    const auto none = keys::find_guess_key(path, *store);
    REQUIRE(none);
    CHECK_FALSE(none->has_value());
    const auto key = keys::open_guess_key(path, *store, random);
    REQUIRE(key);
    CHECK(**keys::find_guess_key(path, *store) == *key);
    std::filesystem::remove(path);
    const auto missing = keys::find_guess_key(path, *store);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code() == errors::guess_key_missing);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace tegata::server
