// Passes: one per activation, revoked by their client, and every way in which one ends.
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

store::IssuedPass sample_pass(const std::string& handoff, Instant now) {
  store::IssuedPass out;
  out.jti = "pass of " + handoff;
  out.handoff_id = handoff;
  out.practitioner_id = "P1";
  out.client_id = "ehr";
  out.facility_code = "1312345678";
  out.audience = "https://sign.example";
  out.certificate = digest("certificate");
  out.client_certificate = out.certificate;
  out.basis = sample_basis;
  out.credential_id = to_bytes(as_bytes("C1"));
  out.claims = Json{{"jti", out.jti}, {"hcRole", {"Medical Doctor"}}};
  out.issued_at = now;
  out.expires_at = now + 1h;
  out.scopes = {"openid"};
  out.roles = {"Medical Doctor"};
  out.evidence = Json{{"hardware", true}};
  return out;
}

// Practitioner P1 with phone C1 has activated A1 and holds its pass.
struct ActivatedWorld : World {
  ActivatedWorld() {
    put_samples(*this);
    write<bool>([&](store::Transaction& transaction) -> Result<bool> {
      TEGATA_TRY(insert_credential(transaction, sample_credential("C1", "phone", clock.now())));
      TEGATA_TRY(insert_handoff(transaction, sample_activation("A1", "BCDF", clock.now())));
      TEGATA_TRY(insert_pass(transaction, sample_pass("A1", clock.now())));
      return true;
    });
  }
  std::optional<store::PassStatus> status() {
    return read<std::optional<store::PassStatus>>(
        [&](tegata::store::Reader& reader) { return store::pass_status(reader, "pass of A1", clock.now()); });
  }
  Operation revoke(const std::string& jti, const std::string& client, const std::string& why = "logout") {
    return [=](store::Transaction& transaction) { return revoke_pass(transaction, jti, client, why); };
  }
  void change(const std::function<Status(store::Transaction&)>& operation) { write<void>(operation); }
  bool may_use(const std::string& facility, const std::string& certificate) {
    return read<bool>([&](tegata::store::Reader& reader) {
      return store::is_active_certificate_of(reader, facility, digest(certificate), clock.now());
    });
  }
};

using Change = std::function<Status(store::Transaction&)>;

Change with_practitioner(std::function<void(store::Practitioner&)> adjust) {
  return [=](store::Transaction& transaction) {
    auto person = sample_practitioner("P1");
    adjust(person);
    return put_practitioner(transaction, person);
  };
}

Change with_certificate(Instant now, std::function<void(store::ClientCertificate&)> adjust) {
  return [=](store::Transaction& transaction) {
    store::ClientCertificate certificate{digest("certificate"), "ehr", now - 1h, now + 24h, true};
    adjust(certificate);
    return put_client_certificate(transaction, certificate);
  };
}

Change with_facility(bool active, bool any_active_certificate = false) {
  return [=](store::Transaction& transaction) {
    return put_facility(transaction,
                        {"1312345678", "検証医院", active, "standard", std::nullopt, any_active_certificate});
  };
}

Change with_client(const std::string& facility, bool active) {
  return [=](store::Transaction& transaction) {
    return put_client(transaction, {"ehr", facility, false, active, {"openid"}, {"https://sign.example"}});
  };
}

}  // namespace

TEST_CASE("a pass comes back as it went in, by its jti and by its activation") {
  ActivatedWorld world;
  const auto put = sample_pass("A1", world.clock.now());
  const bool by_jti = GENERATE(true, false);
  const auto found = world.read<std::optional<store::IssuedPass>>([&](tegata::store::Reader& reader) {
    return by_jti ? store::find_pass(reader, "pass of A1") : store::find_pass_of_handoff(reader, "A1");
  });
  REQUIRE(found);
  CHECK(found->jti == put.jti);
  CHECK(found->handoff_id == "A1");
  CHECK(found->practitioner_id == "P1");
  CHECK(found->client_id == "ehr");
  CHECK(found->facility_code == put.facility_code);
  CHECK(found->audience == put.audience);
  CHECK(found->certificate == put.certificate);
  CHECK(found->client_certificate == put.client_certificate);
  CHECK(found->basis == put.basis);
  CHECK(found->credential_id == put.credential_id);
  CHECK(found->claims == put.claims);
  CHECK(found->scopes == put.scopes);
  CHECK(found->roles == put.roles);
  CHECK(found->evidence == put.evidence);
  CHECK(!found->client_key);
  CHECK(found->issued_at == put.issued_at);
  CHECK(found->expires_at == put.expires_at);
  CHECK(!found->revoked_at);
  CHECK(found->revoked_why.empty());
  const auto other = world.read<std::optional<store::IssuedPass>>([&](tegata::store::Reader& reader) {
    return by_jti ? store::find_pass(reader, "A1") : store::find_pass_of_handoff(reader, "pass of A1");
  });
  CHECK(!other);
}

TEST_CASE("an activation gives one pass, and a pass has an activation") {
  ActivatedWorld world;
  auto second = sample_pass("A1", world.clock.now());
  SECTION("a second of the same activation") { second.jti = "another"; }
  SECTION("the same jti again") {
    REQUIRE(does(world, [&](store::Transaction& transaction) {
      return insert_handoff(transaction, sample_activation("A2", "GHJK", transaction.now()));
    }));
    second.handoff_id = "A2";
  }
  SECTION("of no activation") {
    second.jti = "another";
    second.handoff_id = "A9";
  }
  const auto done = world.store->write<void>([&](store::Transaction& transaction) {
    transaction.audit(event("test"));
    return insert_pass(transaction, second);
  });
  REQUIRE(!done);
  CHECK(done.error().code() == errors::internal);
  CHECK(!world.read<std::optional<store::IssuedPass>>(
      [](tegata::store::Reader& r) { return store::find_pass(r, "another"); }));
  CHECK(world.status()->pass.handoff_id == "A1");
}

TEST_CASE("a pass is revoked once, by its own client") {
  ActivatedWorld world;
  CHECK(refuses(world, world.revoke("pass of A1", "signer")));
  CHECK(refuses(world, world.revoke("pass of A2", "ehr")));
  CHECK(world.status()->active);
  world.clock.advance(1s);
  const auto at = world.clock.now();
  CHECK(does(world, world.revoke("pass of A1", "ehr", "logout")));
  world.clock.advance(1s);
  CHECK(refuses(world, world.revoke("pass of A1", "ehr", "again")));
  const auto pass = world.status()->pass;
  CHECK(pass.revoked_at == at);
  CHECK(pass.revoked_why == "logout");
}

TEST_CASE("a pass in good standing is active, an unknown one is nothing") {
  ActivatedWorld world;
  const auto status = world.status();
  REQUIRE(status);
  CHECK(status->active);
  CHECK(status->reason.empty());
  CHECK(!status->any_active_certificate);
  CHECK(status->pass.jti == "pass of A1");
  CHECK(!world.read<std::optional<store::PassStatus>>(
      [&](tegata::store::Reader& reader) { return store::pass_status(reader, "unknown", world.clock.now()); }));
}

TEST_CASE("each standing that falls ends the pass, with its reason, and comes back when it is put right") {
  ActivatedWorld world;
  const auto now = world.clock.now();
  struct Case {
    ErrorCode reason;
    Change fall;
  };
  const std::vector<Case> cases = {
      {errors::store_pass_practitioner_ended, with_practitioner([](auto& person) { person.active = false; })},
      {errors::store_pass_practitioner_ended,
       with_practitioner([](auto& person) { person.second_certificate_not_after.reset(); })},
      {errors::store_pass_practitioner_ended,
       with_practitioner([=](auto& person) { person.second_certificate_not_after = now; })},
      {errors::store_pass_facility_ended, with_facility(false)},
      {errors::store_pass_facility_ended, with_client("1312345678", false)},
      {errors::store_pass_facility_ended, with_client("", true)},
      {errors::store_pass_certificate_ended, with_certificate(now, [](auto& one) { one.active = false; })},
      {errors::store_pass_certificate_ended, with_certificate(now, [](auto& one) { one.client_id = "signer"; })},
      {errors::store_pass_certificate_ended, with_certificate(now, [=](auto& one) { one.not_before = now + 1ms; })},
      {errors::store_pass_certificate_ended, with_certificate(now, [=](auto& one) { one.not_after = now; })},
  };
  for (const auto& one : cases) {
    INFO(one.reason.name() << " " << &one - cases.data());
    world.change(one.fall);
    const auto fallen = world.status();
    CHECK(!fallen->active);
    CHECK(fallen->reason == one.reason.name());
    world.change(with_practitioner([](auto&) {}));
    world.change(with_facility(true));
    world.change(with_client("1312345678", true));
    world.change(with_certificate(now, [](auto&) {}));
    CHECK(world.status()->active);
  }
}

TEST_CASE("what cannot come back ends the pass for good") {
  ActivatedWorld world;
  const auto ends = [&](ErrorCode reason) {
    const auto status = world.status();
    CHECK(!status->active);
    CHECK(status->reason == reason.name());
  };
  SECTION("revoked") {
    REQUIRE(does(world, world.revoke("pass of A1", "ehr")));
    ends(errors::store_pass_revoked);
  }
  SECTION("expired, at its very moment") {
    world.clock.advance(1h - 1ms);
    CHECK(world.status()->active);
    world.clock.advance(1ms);
    ends(errors::store_pass_expired);
  }
  SECTION("the phone was removed") {
    REQUIRE(does(world, [](store::Transaction& t) { return remove_credential(t, as_bytes("C1"), "P1"); }));
    ends(errors::store_pass_credential_removed);
  }
  SECTION("the first reason is told") {
    REQUIRE(does(world, world.revoke("pass of A1", "ehr")));
    world.change(with_facility(false));
    ends(errors::store_pass_revoked);
  }
}

TEST_CASE("a phone of another person does not keep a pass alive") {
  ActivatedWorld world;
  auto pass = sample_pass("A2", world.clock.now());
  pass.practitioner_id = "P2";
  REQUIRE(does(world, [&](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(insert_handoff(transaction, sample_activation("A2", "GHJK", transaction.now())));
    TEGATA_TRY(insert_pass(transaction, pass));
    return true;
  }));
  const auto status = world.read<std::optional<store::PassStatus>>(
      [&](tegata::store::Reader& reader) { return store::pass_status(reader, "pass of A2", world.clock.now()); });
  CHECK(status->reason == errors::store_pass_credential_removed.name());
}

TEST_CASE("the facility's option comes with the status") {
  ActivatedWorld world;
  world.change(with_facility(true, true));
  CHECK(world.status()->any_active_certificate);
}

TEST_CASE("another certificate serves a facility only while all of it stands") {
  ActivatedWorld world;
  const auto now = world.clock.now();
  CHECK(world.may_use("1312345678", "certificate"));
  CHECK(!world.may_use("1312345678", "unknown"));
  CHECK(!world.may_use("1399999999", "certificate"));
  SECTION("a second client of the same facility serves as well") {
    world.change([&](store::Transaction& transaction) -> Status {
      TEGATA_TRY(put_client(transaction, {"ehr2", "1312345678", false, true, {}, {}}));
      return put_client_certificate(transaction, {digest("second"), "ehr2", now, now + 1ms, true});
    });
    CHECK(world.may_use("1312345678", "second"));
    world.clock.advance(1ms);
    CHECK(!world.may_use("1312345678", "second"));
  }
  SECTION("what does not stand") {
    const int which = GENERATE(range(0, 6));
    const std::vector<Change> falls = {
        with_facility(false),
        with_client("1312345678", false),
        with_client("", true),
        with_certificate(now, [](auto& one) { one.active = false; }),
        with_certificate(now, [=](auto& one) { one.not_before = now + 1ms; }),
        with_certificate(now, [=](auto& one) { one.not_after = now; }),
    };
    world.change(falls.at(static_cast<std::size_t>(which)));
    CHECK(!world.may_use("1312345678", "certificate"));
  }
}
