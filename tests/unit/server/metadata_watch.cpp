// A server whose imported FIDO metadata cannot be read says so and does not give it up.
#include "rp/server/metadata_watch.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/begun_store.h"
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
  running::Log log{clock, -1};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<MetadataWatch> watch;

  WatchedMetadata() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    store = test::open_store(options, clock, random).value();
    config::MetadataConfig config;
    config.anchors = {(folder / "root.pem").string()};
    watch = std::make_unique<MetadataWatch>(config, *store, clock, log);
  }
  ~WatchedMetadata() {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  void write_root() { std::ofstream(folder / "root.pem") << sandbox::test_pki::pem(maker.root.certificate); }
  void import(const std::string& blob, std::int64_t number) {
    const auto put = store->write<bool>([&](store::Transaction& transaction) {
      transaction.audit({"test", "operator:test", "", "", Json::object(), "", ""});
      return store::put_metadata_blob(transaction, {blob, number, clock.now(), clock.now(), 0}, {});
    });
    REQUIRE(put);
  }
  bool shows(const std::string& figure) const { return watch->figures().find(figure + "\n") != std::string::npos; }
};

}  // namespace

TEST_CASE("metadata watch: a root that could not be read once does not switch metadata off until the next import") {
  WatchedMetadata watched;
  watched.import(watched.maker.make(), 42);
  CHECK_FALSE(watched.watch->current()->is_verified());
  watched.write_root();
  watched.clock.advance(MetadataWatch::interval);
  REQUIRE(watched.watch->current()->is_verified());
  CHECK(watched.watch->current()->number() == 42);
}

TEST_CASE("defect: unusable metadata passed for none, and the server was ready") {
  WatchedMetadata watched;
  const Bytes model(16, 7);
  auto& entry = watched.maker.add(test::MetadataMaker::entry(model, {watched.maker.root_der()}));
  entry["statusReports"] = Json::array({test::MetadataMaker::report("REVOKED")});
  watched.import(watched.maker.make(), 42);
  std::ofstream(watched.folder / "root.pem")
      << sandbox::test_pki::pem(test::MetadataMaker().root.certificate);  // another
  const auto metadata = watched.watch->current();
  REQUIRE(metadata);
  CHECK_FALSE(metadata->is_verified());
  // It warns of its models on, and vouches for none.
  REQUIRE(metadata->find(model));
  CHECK(webauthn::metadata::find_unwanted_report(*metadata->find(model), {}, watched.clock.now()));
  CHECK_FALSE(metadata->find(model)->vouches);
  CHECK(metadata->find(model)->anchors.empty());
  CHECK(watched.watch->fault().starts_with("metadata_unusable webauthn_metadata_untrusted "));
  CHECK(watched.watch->fault().find("tegata metadata import") != std::string::npos);

  watched.write_root();
  watched.clock.advance(MetadataWatch::interval);
  CHECK(watched.watch->current()->is_verified());
  CHECK(watched.watch->current()->find(model)->vouches);
  CHECK(watched.watch->fault().empty());
}

TEST_CASE(
    "metadata watch: an import that cannot be read takes the trust from the one before, and leaves its warnings") {
  WatchedMetadata watched;
  const Bytes model(16, 7);
  watched.maker.add(test::MetadataMaker::entry(model, {watched.maker.root_der()}));
  watched.write_root();
  watched.import(watched.maker.make(), 42);
  CHECK(watched.watch->current()->find(model)->vouches);
  watched.import("no BLOB", 43);
  watched.clock.advance(MetadataWatch::interval);
  const auto metadata = watched.watch->current();
  CHECK_FALSE(metadata->is_verified());
  REQUIRE(metadata->find(model));
  CHECK_FALSE(metadata->find(model)->vouches);
  CHECK(watched.watch->fault().starts_with("metadata_unusable webauthn_metadata_malformed "));
}

TEST_CASE("metadata watch: none configured and none imported are no fault") {
  WatchedMetadata watched;
  watched.write_root();
  CHECK_FALSE(watched.watch->current());
  CHECK(watched.watch->fault().empty());
  CHECK(watched.watch->warnings().starts_with("warning metadata_none "));
  MetadataWatch without({}, *watched.store, watched.clock, watched.log);
  CHECK_FALSE(without.current());
  CHECK(without.fault().empty());
  CHECK(without.warnings().empty());
  watched.import(watched.maker.make(), 42);
  watched.clock.advance(MetadataWatch::interval);
  CHECK(watched.watch->current()->is_verified());
  CHECK(watched.watch->warnings().empty());
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
  CHECK_FALSE(watched.shows("tegata_metadata_number 42"));  // it is not in use as it should be
}

}  // namespace tegata::server
