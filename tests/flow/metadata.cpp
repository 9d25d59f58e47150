// FIDO metadata from an operator's file into a running server.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "rp/cli/metadata.h"
#include "rp/server/metadata_watch.h"
#include "rp/store/audit/log.h"
#include "tests/support/begun_store.h"
#include "tests/support/metadata_maker.h"
#include "tests/support/still_world.h"

namespace tegata::test {
namespace {

const std::string least =
    "public_origin = 'https://tegata.example:8443'\ncard_origin_pattern = 'https://*.card.example'\n"
    "facility_origin = 'https://facility.example'\nsockets = 's'\ndatabase = 'db'\naudit_key = 'audit.pem'\n"
    "signing_key = 'k'\n[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n"
    "[[authority]]\nname = 'sample'\nroots = ['r']\nrevocation = 'not_judged'\n";

// An operator's folder: configuration, pinned root, BLOB, revocation lists, and a database.
struct Place {
  StillClock clock;
  RepeatableRandom random;
  MetadataMaker maker;
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tegata-metadata-" + std::to_string(::getpid()));
  cli::MetadataImport import;

  Place() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    import.config = write("tegata.toml", least + "[metadata]\nanchors = ['root.pem']\n");
    import.actor = "operator:sample";
    write("root.pem", sandbox::test_pki::pem(maker.root.certificate));
    maker.add(MetadataMaker::entry(Bytes(16, 7), {maker.root_der()}));
    maker.add(Json("spoilt"));
    open();
  }
  ~Place() { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, std::string_view text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  }
  std::string code(const std::string& blob) {
    import.file = write("blob.jwt", blob);
    answer = cli::import_metadata(import, clock);
    return answer ? "imported" : std::string(answer.error().code().name());
  }
  std::string code() { return code(maker.make()); }
  server::config::Config config() { return server::config::load_config(import.config).value(); }
  Result<Json> show() { return cli::show_metadata(config(), clock); }
  std::unique_ptr<store::Store> open() {
    store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    return test::open_store(options, clock, random).value();
  }
  store::AuditEvent last_event() {
    const auto store = open();
    return store
        ->read<std::vector<store::audit::AuditRecord>>(
            [](store::Reader& r) { return store::audit::list_audit(r, 1, 1000); })
        .value()
        .back()
        .event;
  }
  Result<Json> answer = Json();
};

}  // namespace

TEST_CASE("metadata import: verified, stored with an audit record, shown") {
  Place place;
  CHECK(place.show().value().is_null());
  const std::string blob = place.maker.make();
  REQUIRE(place.code(blob + "\n") == "imported");
  const Json answer = *place.answer;
  CHECK(answer["number"] == 42);
  CHECK(answer["entries"] == 1);
  REQUIRE(answer["skipped"].size() == 1);
  CHECK(answer["skipped"][0]["index"] == 1);
  CHECK(answer["next_update"] == "2026-12-15T00:00:00.000Z");
  CHECK(answer["stale"] == false);
  CHECK(answer["revocation_checked"] == false);
  CHECK(answer["imported"] == true);
  const auto event = place.last_event();
  CHECK(event.kind == "metadata_imported");
  CHECK(event.actor == "operator:sample");
  CHECK(event.subject == "metadata:42");
  CHECK(event.details["sha256"] == hex(sha256(blob)));
  const Json shown = place.show().value();
  CHECK(shown["number"] == 42);
  CHECK(shown["imported_at"] == format_rfc3339(place.clock.now()));
  CHECK(place.code(blob) == "imported");
}

TEST_CASE("metadata import: older, another of the same number, foreign: refused by code, audited, nothing replaced") {
  Place place;
  REQUIRE(place.code() == "imported");
  CHECK(place.code() == "webauthn_metadata_number_reused");
  place.maker.payload["no"] = 41;
  CHECK(place.code() == "webauthn_metadata_number_older");
  const auto event = place.last_event();
  CHECK(event.kind == "metadata_refused");
  CHECK(event.code == "webauthn_metadata_number_older");
  MetadataMaker foreign;
  foreign.payload["no"] = 50;
  CHECK(place.code(foreign.make()) == "webauthn_metadata_untrusted");
  CHECK(place.show().value()["number"] == 42);
  place.maker.payload["no"] = 43;
  CHECK(place.code() == "imported");
  CHECK(place.show().value()["number"] == 43);
}

TEST_CASE("metadata import: a dry run verifies and changes nothing") {
  Place place;
  place.import.dry_run = true;
  CHECK(place.code() == "imported");
  CHECK((*place.answer)["imported"] == false);
  CHECK(place.show().value().is_null());
  CHECK(place.code("x") == "webauthn_metadata_malformed");
  place.import.dry_run = false;
  CHECK(place.code() == "imported");
  CHECK(place.last_event().kind == "metadata_imported");
}

TEST_CASE("metadata import: revocation lists come as files") {
  Place place;
  const auto& maker = place.maker;
  const auto of_root = place.write("root.crl", as_text(MetadataMaker::crl(maker.root)));
  const auto good = place.write("good.crl", as_text(MetadataMaker::crl(maker.intermediate)));
  const auto revoking =
      place.write("revoking.crl", as_text(MetadataMaker::crl(maker.intermediate, {maker.signer.certificate})));
  place.import.crls = {of_root, revoking};
  CHECK(place.code() == "webauthn_metadata_revoked");
  place.import.crls = {of_root, good};
  CHECK(place.code() == "imported");
  CHECK((*place.answer)["revocation_checked"] == true);
  place.write("tegata.toml", least + "[metadata]\nanchors = ['root.pem']\ncrls_required = true\n");
  place.import.crls = {};
  place.maker.payload["no"] = 43;
  CHECK(place.code() == "webauthn_metadata_crl_missing");
}

TEST_CASE("metadata import: a stale BLOB only by wish; one that grew stale is still used, and said to be stale") {
  Place place;
  REQUIRE(place.code() == "imported");
  place.clock.set(parse_rfc3339("2026-12-16T00:00:00Z").value());
  CHECK(place.show().value()["stale"] == true);
  place.maker.payload["no"] = 43;
  CHECK(place.code() == "webauthn_metadata_stale");
  place.import.stale_allowed = true;
  CHECK(place.code() == "imported");
  CHECK((*place.answer)["stale"] == true);
}

TEST_CASE("metadata import: without pinned roots, or with files that are none") {
  Place place;
  place.write("root.pem", "nothing");
  CHECK(place.code() == "webauthn_pem_malformed");
  std::filesystem::remove(place.folder / "root.pem");
  CHECK(place.code() == "file_unreadable");
  place.write("tegata.toml", least);
  CHECK(place.code() == "config_invalid");
  CHECK(place.show().value().is_null());
}

TEST_CASE(
    "metadata in a running server: loaded, then replaced within a minute; if the next one is unusable it warns alone") {
  Place place;
  const server::running::Log log(place.clock, -1);
  REQUIRE(place.code() == "imported");
  const auto store = place.open();
  server::MetadataWatch watch(place.config().metadata, *store, place.clock, log);
  REQUIRE(watch.current());
  CHECK(watch.current()->number() == 42);
  CHECK(watch.figures().find("tegata_metadata_number 42\n") != std::string::npos);
  CHECK(watch.figures().find("tegata_metadata_stale 0\n") != std::string::npos);

  place.maker.payload["no"] = 43;
  REQUIRE(place.code() == "imported");
  place.clock.advance(std::chrono::seconds(59));
  CHECK(watch.current()->number() == 42);
  place.clock.advance(std::chrono::seconds(1));
  CHECK(watch.current()->number() == 43);

  // The signer's certificate may end; what it signed in its time still warns.
  place.clock.set(from_unix_seconds(1'900'000'100));
  CHECK(watch.figures().find("tegata_metadata_stale 1\n") != std::string::npos);
  CHECK(watch.figures().find("tegata_metadata_usable 1\n") != std::string::npos);
  CHECK(watch.fault().empty());

  const auto put = store->write<bool>([](store::Transaction& transaction) {
    transaction.audit({"test", "operator:test", "", "", Json::object(), "", ""});
    return store::put_metadata_blob(transaction, {"no BLOB", 44, {}, {}, 0}, {});
  });
  REQUIRE(put);
  place.clock.advance(std::chrono::seconds(60));
  CHECK_FALSE(watch.current()->is_verified());
  CHECK(watch.figures().find("tegata_metadata_usable 0\n") != std::string::npos);
  CHECK(watch.fault().starts_with("metadata_unusable "));
}

TEST_CASE("metadata in a server that pins no roots: none") {
  Place place;
  REQUIRE(place.code() == "imported");
  const server::running::Log log(place.clock, -1);
  const auto store = place.open();
  server::MetadataWatch watch({}, *store, place.clock, log);
  CHECK_FALSE(watch.current());
  CHECK(watch.figures().empty());
}

}  // namespace tegata::test
