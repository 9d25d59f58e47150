// A server whose imported FIDO metadata cannot be read says so and does not give it up.
#include "rp/server/metadata_watch.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/metadata_maker.h"
#include "tests/support/still_world.h"

namespace tegata::server {
namespace {

struct WatchedMetadata {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tegata-metadata-watch-" + std::to_string(::getpid()));
  test::StillClock clock;
  test::RepeatableRandom random;
  test::MetadataMaker maker;
  Log log{clock, -1};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<MetadataWatch> watch;

  WatchedMetadata() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    store = store::Store::open(options, clock, random).value();
    MetadataConfig config;
    config.anchors = {(folder / "root.pem").string()};
    watch = std::make_unique<MetadataWatch>(config, *store, clock, log);
  }
  ~WatchedMetadata() {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  void write_root() { std::ofstream(folder / "root.pem") << sandbox::pem(maker.root.certificate); }
  void import(const std::string& blob, std::int64_t number) {
    const auto put = store->write<bool>([&](store::Transaction& transaction) {
      transaction.audit({"test", "operator:test", "", "", Json::object(), "", ""});
      return store::put_metadata_blob(transaction, {blob, number, clock.now(), clock.now(), 0});
    });
    REQUIRE(put);
  }
  bool shows(const std::string& figure) const { return watch->figures().find(figure + "\n") != std::string::npos; }
};

}  // namespace

TEST_CASE("metadata watch: a root that could not be read once does not switch metadata off until the next import") {
  WatchedMetadata watched;
  watched.import(watched.maker.make(), 42);
  CHECK_FALSE(watched.watch->current());
  watched.write_root();
  watched.clock.advance(MetadataWatch::interval);
  REQUIRE(watched.watch->current());
  CHECK(watched.watch->current()->number() == 42);
}

TEST_CASE("metadata watch: tegata_metadata_usable says whether the newest import is in use") {
  WatchedMetadata watched;
  CHECK(watched.watch->figures().empty());
  watched.import(watched.maker.make(), 42);
  watched.clock.advance(MetadataWatch::interval);
  CHECK(watched.shows("tegata_metadata_usable 0"));
  CHECK_FALSE(watched.shows("tegata_metadata_number 42"));
  watched.write_root();
  watched.clock.advance(MetadataWatch::interval);
  CHECK(watched.shows("tegata_metadata_usable 1"));
  CHECK(watched.shows("tegata_metadata_number 42"));
  watched.import("no BLOB", 43);
  watched.clock.advance(MetadataWatch::interval);
  CHECK(watched.shows("tegata_metadata_usable 0"));
  CHECK(watched.shows("tegata_metadata_number 42"));
}

}  // namespace tegata::server
