// What operators change of facilities, clients and certificates: conditions, and what ends with each.
#include "rp/store/facility_changes.h"

#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* sample_code = "1312345678";
using Ended = std::optional<store::EndedRequests>;

// The samples, and a second certificate of the same client; an open request and a live pass of each certificate.
struct TwoCertificatesWorld : World {
  TwoCertificatesWorld() {
    put_samples(*this);
    write<void>([&](store::Transaction& transaction) -> Status {
      store::ClientCertificate second;
      second.thumbprint = digest("second");
      second.client_id = "ehr";
      second.not_before = clock.now() - 1h;
      second.not_after = clock.now() + 48h;
      TEGATA_ASSIGN(const bool added, store::add_client_certificate(transaction, second));
      REQUIRE(added);
      return {};
    });
    begin("H1", "BCDF", "certificate");
    begin("H2", "GHJK", "second");
    pass("J1", "H1", "certificate");
    pass("J2", "H2", "second");
  }
  void begin(const std::string& id, const std::string& letters, const std::string& certificate) {
    auto handoff = sample_activation(id, letters, clock.now());
    handoff.certificate = digest(certificate);
    handoff.terminal_id = id;
    REQUIRE(does(*this, [=](store::Transaction& transaction) { return store::insert_handoff(transaction, handoff); }));
  }
  void pass(const std::string& jti, const std::string& handoff, const std::string& certificate) {
    store::IssuedPass made;
    made.jti = jti;
    made.handoff_id = handoff;
    made.practitioner_id = "P1";
    made.client_id = "ehr";
    made.facility_code = sample_code;
    made.audience = "https://sign.example";
    made.certificate = digest(certificate);
    made.client_certificate = digest(certificate);
    made.basis = sample_basis;
    made.issued_at = clock.now();
    made.expires_at = clock.now() + 18h;
    write<void>([&](store::Transaction& transaction) { return store::insert_pass(transaction, made); });
  }
  std::string reason(const std::string& jti) {
    const auto status = read<std::optional<store::PassStatus>>(
        [&](tegata::store::Reader& reader) { return store::pass_status(reader, jti, clock.now()); });
    REQUIRE(status);
    return status->active ? "active" : status->reason;
  }
  handoff::State state(const std::string& id) {
    return read<std::optional<store::Handoff>>(
               [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); })
        ->state;
  }
  Ended end(const std::function<Result<Ended>(store::Transaction&)>& operation) { return write<Ended>(operation); }
  store::ClientCertificate certificate(const std::string& name) {
    return *read<std::optional<store::ClientCertificate>>(
        [&](tegata::store::Reader& reader) { return store::find_client_certificate(reader, digest(name)); });
  }
};

Operation add(const std::string& with_code, bool provisional = false) {
  return [=](store::Transaction& transaction) {
    store::Facility facility;
    facility.code = with_code;
    facility.name = "検証診療所";
    facility.provisional = provisional;
    return store::add_facility(transaction, facility);
  };
}

Operation recode(const std::string& from, const std::string& to) {
  return [=](store::Transaction& transaction) { return store::change_facility_code(transaction, from, to, false); };
}

}  // namespace

TEST_CASE("a facility is added once, and changed where it is") {
  World world;
  CHECK(does(world, add("1312345679")));
  CHECK(refuses(world, add("1312345679")));
  const auto change = [](const std::string& which) -> Operation {
    return [=](store::Transaction& transaction) -> Result<bool> {
      TEGATA_ASSIGN(const auto ended, store::change_facility(transaction, {which, "検証病院", true, "strict", "20:30",
                                                                           true, false, false}));
      return ended.has_value();
    };
  };
  CHECK(does(world, change("1312345679")));
  CHECK(refuses(world, change("1399999999")));
  const auto got = world.read<std::optional<store::Facility>>(
      [](tegata::store::Reader& reader) { return store::find_facility(reader, "1312345679"); });
  CHECK((got->name == "検証病院" && got->profile == "strict" && got->any_active_certificate && got->active));
  CHECK((!got->provisional && !got->typed_code));
}

TEST_CASE("a revoked certificate ends exactly what was begun and fetched with it, and never comes back") {
  TwoCertificatesWorld world;
  const auto revoke = [&](const std::string& name) {
    return world.end([&](store::Transaction& transaction) {
      return store::revoke_client_certificate(transaction, digest(name), "facility_certificate_revoked");
    });
  };
  const auto ended = revoke("certificate");
  REQUIRE(ended);
  CHECK((ended->requests == 1 && ended->passes == 1));
  CHECK(world.reason("J1") == "store_pass_revoked");
  CHECK(world.reason("J2") == "active");
  CHECK(world.state("H1") == handoff::State::cancelled);
  CHECK(world.state("H2") == handoff::State::created);
  CHECK(!world.certificate("certificate").active);
  CHECK(world.certificate("certificate").revoked_at == world.clock.now());
  CHECK(!revoke("certificate"));
  CHECK(!revoke("nobody's"));
  CHECK(refuses(world, [&](store::Transaction& transaction) {
    return store::add_client_certificate(transaction, world.certificate("certificate"));
  }));
}

TEST_CASE("a replaced certificate counts for the overlap; the newer one and shorter ones are left alone") {
  TwoCertificatesWorld world;
  const auto until = world.clock.now() + 30h;
  const auto replaced = world.write<std::int64_t>([&](store::Transaction& transaction) {
    return store::replace_certificates(transaction, "ehr", digest("certificate"), until);
  });
  CHECK(replaced == 1);
  CHECK(world.certificate("second").not_after == until);
  CHECK(world.certificate("second").replaced_at == world.clock.now());
  CHECK(world.certificate("certificate").not_after == world.clock.now() + 24h);  // its own end, and nobody replaced it
  CHECK(!world.certificate("certificate").replaced_at);
  CHECK(world.reason("J2") == "active");
  world.clock.advance(17h);
  CHECK(world.reason("J2") == "active");
}

TEST_CASE("suspending a facility or a client ends its requests and passes; both come back without them") {
  TwoCertificatesWorld world;
  const auto facility = GENERATE(true, false);
  const auto suspend = [&] {
    return world.end([&](store::Transaction& transaction) {
      return facility ? store::suspend_facility(transaction, sample_code, "facility_suspended")
                      : store::suspend_client(transaction, "ehr", "facility_client_suspended");
    });
  };
  const Operation resume = [&](store::Transaction& transaction) {
    return facility ? store::resume_facility(transaction, sample_code) : store::resume_client(transaction, "ehr");
  };
  const auto ended = suspend();
  REQUIRE(ended);
  CHECK((ended->requests == 2 && ended->passes == 2));
  CHECK(!suspend());
  CHECK(does(world, resume));
  CHECK(refuses(world, resume));
  CHECK(world.reason("J1") == "store_pass_revoked");
  CHECK(world.state("H2") == handoff::State::cancelled);
}

TEST_CASE("a facility's code changes under open requests and live passes; nobody else gets the old one") {
  TwoCertificatesWorld world;
  CHECK(refuses(world, recode("1399999999", "1312345679")));
  CHECK(does(world, add("0112345678")));
  CHECK(refuses(world, recode(sample_code, "0112345678")));
  CHECK(does(world, recode(sample_code, "1312345679")));
  CHECK(world.reason("J1") == "active");
  CHECK(world.state("H1") == handoff::State::created);
  const auto handoff = world.read<std::optional<store::Handoff>>(
      [](tegata::store::Reader& reader) { return store::find_handoff(reader, "H1"); });
  CHECK(handoff->facility_code == "1312345679");
  CHECK(refuses(world, add(sample_code)));
  CHECK(does(world, recode("1312345679", "1312345687")));
  CHECK(refuses(world, add("1312345679")));
  CHECK(world.reason("J2") == "active");
  CHECK(world.read<std::vector<std::string>>([](tegata::store::Reader& reader) {
    return store::list_former_codes(reader, "1312345687");
  }) == std::vector<std::string>{sample_code, "1312345679"});
}

TEST_CASE("a file is taken once, in time, and while its certificate stands") {
  TwoCertificatesWorld world;
  const auto put = [&](const std::string& token, const std::string& certificate) {
    world.write<void>([&](store::Transaction& transaction) {
      return store::put_download(transaction,
                                 {digest(token), digest(certificate), "a.p12", {1, 2}, world.clock.now() + 1h});
    });
  };
  const auto take = [&](const std::string& token) {
    return world.write<std::optional<store::CertificateDownload>>(
        [&](store::Transaction& transaction) { return store::take_download(transaction, digest(token)); });
  };
  put("first", "certificate");
  CHECK(!take("unknown"));
  const auto taken = take("first");
  REQUIRE(taken);
  CHECK((taken->file == Bytes{1, 2} && taken->name == "a.p12" && taken->thumbprint == digest("certificate")));
  CHECK(!take("first"));
  put("late", "certificate");
  world.clock.advance(1h);
  CHECK(!take("late"));
  put("revoked", "second");
  world.end([&](store::Transaction& transaction) {
    return store::revoke_client_certificate(transaction, digest("second"), "test");
  });
  CHECK(!take("revoked"));
}
