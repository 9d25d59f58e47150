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

struct Room {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tegata-metadata-watch-" + std::to_string(::getpid()));
  test::StillClock clock;
  test::RepeatableRandom random;
  test::MetadataMaker maker;
  Log log{clock, -1};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<MetadataWatch> watch;

  Room() {
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
  ~Room() {
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
  Room room;
  room.import(room.maker.make(), 42);
  CHECK_FALSE(room.watch->current());
  room.write_root();
  room.clock.advance(MetadataWatch::interval);
  REQUIRE(room.watch->current());
  CHECK(room.watch->current()->number() == 42);
}

TEST_CASE("metadata watch: tegata_metadata_usable says whether the newest import is in use") {
  Room room;
  CHECK(room.watch->figures().empty());
  room.import(room.maker.make(), 42);
  room.clock.advance(MetadataWatch::interval);
  CHECK(room.shows("tegata_metadata_usable 0"));
  CHECK_FALSE(room.shows("tegata_metadata_number 42"));
  room.write_root();
  room.clock.advance(MetadataWatch::interval);
  CHECK(room.shows("tegata_metadata_usable 1"));
  CHECK(room.shows("tegata_metadata_number 42"));
  room.import("no BLOB", 43);
  room.clock.advance(MetadataWatch::interval);
  CHECK(room.shows("tegata_metadata_usable 0"));
  CHECK(room.shows("tegata_metadata_number 42"));
}

}  // namespace tegata::server
