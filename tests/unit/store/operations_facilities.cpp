// Facilities, clients and certificates: put, put again, find.
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

struct FacilitiesWorld : World {
  FacilitiesWorld() { put_samples(*this); }
  std::optional<store::Facility> facility(const std::string& code) {
    return read<std::optional<store::Facility>>(
        [&](tegata::store::Reader& reader) { return store::find_facility(reader, code); });
  }
  std::optional<store::Client> client(const std::string& id) {
    return read<std::optional<store::Client>>(
        [&](tegata::store::Reader& reader) { return store::find_client(reader, id); });
  }
  std::optional<store::ClientCertificate> certificate(const std::string& name) {
    return read<std::optional<store::ClientCertificate>>(
        [&](tegata::store::Reader& reader) { return store::find_client_certificate(reader, digest(name)); });
  }
  ErrorCode code_of(const std::function<Status(store::Transaction&)>& operation) {
    const auto done = store->write<void>([&](store::Transaction& transaction) {
      transaction.audit(event("test"));
      return operation(transaction);
    });
    REQUIRE(!done);
    return done.error().code();
  }
};

}  // namespace

TEST_CASE("a facility is put and replaced by its code") {
  FacilitiesWorld world;
  CHECK(world.facility("1312345678")->name == "検証医院");
  CHECK(!world.facility("1312345678")->day_cut_off);
  CHECK(!world.facility("1399999999"));
  world.write<void>([](store::Transaction& transaction) -> Status {
    TEGATA_TRY(put_facility(transaction, {"1312345678", "検証病院", false, "strict", "20:30", true}));
    return put_facility(transaction, {"0112345678", "検証診療所", true, "standard", std::nullopt, false});
  });
  const auto got = world.facility("1312345678");
  CHECK(got->name == "検証病院");
  CHECK(!got->active);
  CHECK(got->profile == "strict");
  CHECK(got->day_cut_off == "20:30");
  CHECK(got->any_active_certificate);
  const auto all = world.read<std::vector<store::Facility>>(
      [](tegata::store::Reader& reader) { return store::list_facilities(reader); });
  REQUIRE(all.size() == 2);
  CHECK(all[0].code == "0112345678");
  CHECK(all[1].code == "1312345678");
}

TEST_CASE("a client is put and replaced by its ID, and belongs to a facility that exists") {
  FacilitiesWorld world;
  const auto ehr = world.client("ehr");
  REQUIRE(ehr);
  CHECK(ehr->facility_code == "1312345678");
  CHECK(!ehr->resource_server);
  CHECK(ehr->scopes == std::vector<std::string>{"openid", "hpki.sign"});
  CHECK(world.client("signer")->facility_code.empty());
  CHECK(world.client("signer")->resource_server);
  CHECK(!world.client("nobody"));
  world.write<void>([](store::Transaction& transaction) {
    return put_client(transaction, {"ehr", "", true, false, {"openid"}, {"https://a.example", "https://b.example"}});
  });
  const auto replaced = world.client("ehr");
  CHECK(replaced->facility_code.empty());
  CHECK(replaced->resource_server);
  CHECK(!replaced->active);
  CHECK(replaced->scopes == std::vector<std::string>{"openid"});
  CHECK(replaced->audiences == std::vector<std::string>{"https://a.example", "https://b.example"});
  CHECK(world.code_of([](store::Transaction& transaction) {
    return put_client(transaction, {"lost", "1399999999", false, true, {}, {}});
  }) == errors::internal);
  CHECK(!world.client("lost"));
}

TEST_CASE("a certificate is put and replaced by its thumbprint, and belongs to a client that exists") {
  FacilitiesWorld world;
  const auto now = world.clock.now();
  CHECK(world.certificate("certificate")->client_id == "ehr");
  CHECK(!world.certificate("other"));
  world.write<void>([&](store::Transaction& transaction) {
    return put_client_certificate(transaction, {digest("certificate"), "signer", now + 1ms, now + 2ms, false});
  });
  const auto got = world.certificate("certificate");
  CHECK(got->thumbprint == digest("certificate"));
  CHECK(got->client_id == "signer");
  CHECK(got->not_before == now + 1ms);
  CHECK(got->not_after == now + 2ms);
  CHECK(!got->active);
  CHECK(world.code_of([&](store::Transaction& transaction) {
    return put_client_certificate(transaction, {digest("other"), "nobody", now, now + 1h, true});
  }) == errors::internal);
  CHECK(!world.certificate("other"));
}
