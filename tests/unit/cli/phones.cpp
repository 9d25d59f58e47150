// `tegata credential`, `audit export` and `backup`, on a store that is in use.
#include "rp/cli/practitioners/phones.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "enroll/errors.h"
#include "rp/store/audit/verify.h"
#include "rp/store/engine/errors.h"
#include "rp/store/practitioners.h"
#include "rp/store/upkeep/backup.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

struct Bench {
  Bench() : folder(std::filesystem::temp_directory_path() / ("tegata-cli-phones-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    auto opened = test::open_store(options, clock, random);
    REQUIRE(opened);
    store = std::move(*opened);
    REQUIRE(store->write<void>([&](store::Transaction& transaction) -> Status {
      transaction.audit({"test", "system", "test", "", Json::object(), "", ""});
      TEGATA_TRY(store::put_practitioner(transaction, {"P1", Bytes(64, 1), "検証 太郎", "Kensho Taro", {}, true, {}}));
      store::BoundCredential phone;
      phone.record.id = Bytes(32, 7);
      phone.record.aaguid = Bytes(16, 0);
      phone.practitioner_id = "P1";
      phone.label = phone.label_key = "iphone";
      phone.origin = "card";
      TEGATA_ASSIGN(const bool inserted, store::insert_credential(transaction, phone));
      REQUIRE(inserted);
      return {};
    }));
  }
  ~Bench() {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  std::filesystem::path folder;
  tegata::store::Options options;
  StillClock clock;
  RepeatableRandom random;
  std::unique_ptr<store::Store> store;
};

const std::string bound_id = base64url(Bytes(32, 7));

}  // namespace

TEST_CASE("defect: what a phone had added could not be ended once that phone was removed") {
  Bench bench;
  REQUIRE(bench.store->write<void>([&](store::Transaction& transaction) -> Status {
    transaction.audit({"test", "system", "test", "", Json::object(), "", ""});
    TEGATA_ASSIGN(const auto first, store::find_credential(transaction, Bytes(32, 7)));
    store::BoundCredential added = *first;
    added.record.id = Bytes(32, 8);
    added.label = added.label_key = "added";
    added.rests_on = first->basis;
    TEGATA_ASSIGN(const bool inserted, store::insert_credential(transaction, added));
    REQUIRE(inserted);
    return {};
  }));
  const auto revoke = [&](bool with_added) {
    return tegata::cli::practitioners::revoke_credential(*bench.store,
                                                         {bound_id, "lost", "operator:uid-0", false, with_added});
  };
  REQUIRE(revoke(false));
  const auto plain = revoke(false);
  REQUIRE_FALSE(plain);
  CHECK(plain.error().code() == errors::devices_phone_unknown);
  const auto with_added = revoke(true);
  REQUIRE(with_added);
  CHECK((*with_added)["ended"]["phones"] == 1);
  CHECK(
      *bench.store->read<bool>([](tegata::store::Reader& reader) { return store::is_stopped(reader, Bytes(32, 8)); }));
  const auto again = revoke(true);
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == errors::devices_phone_unknown);
}

TEST_CASE("credentials are listed, shown by a dry run, and revoked once") {
  Bench bench;
  const auto all = tegata::cli::practitioners::list_credentials(*bench.store, "");
  REQUIRE(all);
  REQUIRE(all->size() == 1);
  CHECK((*all)[0]["credential_id"] == bound_id);
  CHECK((*all)[0]["key_protection"] == "unproven");
  CHECK(tegata::cli::practitioners::list_credentials(*bench.store, "P2")->empty());
  const auto dry =
      tegata::cli::practitioners::revoke_credential(*bench.store, {bound_id, "lost", "operator:uid-0", true});
  REQUIRE(dry);
  CHECK((*dry)["revoked"] == false);
  CHECK(tegata::cli::practitioners::list_credentials(*bench.store, "P1")->size() == 1);
  const auto done =
      tegata::cli::practitioners::revoke_credential(*bench.store, {bound_id, "lost", "operator:uid-0", false});
  REQUIRE(done);
  CHECK((*done)["revoked"] == true);
  CHECK(tegata::cli::practitioners::list_credentials(*bench.store, "P1")->empty());
  const auto again =
      tegata::cli::practitioners::revoke_credential(*bench.store, {bound_id, "lost", "operator:uid-0", false});
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == errors::devices_phone_unknown);
  const auto events = bench.store->read<std::vector<tegata::store::audit::AuditRecord>>(
      [](tegata::store::Reader& reader) { return tegata::store::audit::list_phone_events(reader, "P1", 10); });
  REQUIRE(events);
  REQUIRE(events->size() == 1);
  CHECK((*events)[0].event.kind == "credential_revoked");
  CHECK((*events)[0].event.details["why"] == "lost");
}

TEST_CASE("the exported log has every record, and its hashes chain") {
  Bench bench;
  REQUIRE(tegata::cli::practitioners::revoke_credential(*bench.store, {bound_id, "lost", "operator:uid-0", false}));
  std::vector<Json> lines;
  const auto take = [&](const std::string& line) { lines.push_back(*parse_json(line)); };
  REQUIRE(*tegata::cli::practitioners::export_audit(*bench.store, 1, take) == 2);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1]["previous"] == lines[0]["hash"]);
  lines.clear();
  CHECK(*tegata::cli::practitioners::export_audit(*bench.store, 2, take) == 1);
  CHECK(lines[0]["number"] == 2);
}

TEST_CASE("a backup of a store in use is whole, and its chain holds") {
  Bench bench;
  const auto to = (bench.folder / "copy.db").string();
  const auto verdict = tegata::store::upkeep::backup(bench.options, to);
  REQUIRE(verdict);
  CHECK(verdict->records == 1);
  CHECK(verdict->signed_records == 1);
  // It goes on, and the copy stays as it was.
  REQUIRE(tegata::cli::practitioners::revoke_credential(*bench.store, {bound_id, "lost", "operator:uid-0", false}));
  auto copy = bench.options;
  copy.database = to;
  CHECK(tegata::store::audit::verify_audit(copy)->records == 1);
  const auto opened = store::Store::open(copy, bench.clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == errors::store_put_back);
  const auto again = tegata::store::upkeep::backup(bench.options, to);
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == errors::store_backup_failed);
  for (const auto& entry : std::filesystem::directory_iterator(bench.folder)) {
    CHECK(entry.path().string().find(".part") == std::string::npos);
  }
}
