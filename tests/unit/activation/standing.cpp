// Standing, clocks and letters: what changes between the steps.
#include "rp/activation/device_authorization.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

void remove_phone(World& world, const Phone& phone) {
  const Bytes id = phone.authenticator.credentials().front().id;
  world.change([&](store::Transaction& t) -> Status {
    TEGATA_ASSIGN(const bool removed, store::remove_credential(t, id, world.doctor.id));
    CHECK(removed);
    return {};
  });
}

// Secrets differ, the letters of the user code never do.
class SameLetters : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    if (out.size() > 8) return random_.fill(out);
    std::fill(out.begin(), out.end(), std::uint8_t{0});
  }

 private:
  RepeatableRandom random_;
};

struct SameLettersDesk {
  explicit SameLettersDesk(World& world)
      : services{*world.store, world.clock, random, world.keys, settings_of_world()},
        certificate(world.ehr.certificate) {}

  static activation::Settings settings_of_world() {
    activation::Settings out;
    out.issuer = World::origin;
    return out;
  }
  http::Response ask() {
    http::Request request;
    request.origin = http::Origin::facility;
    request.method = "POST";
    request.path = "/device_authorization";
    request.client_certificate = certificate;
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    request.body = "client_id=ehr-1&scope=openid";
    return activation::device_authorization(services, request);
  }

  SameLetters random;
  activation::Services services;
  std::optional<Bytes> certificate;
};

}  // namespace

TEST_CASE("defect: a phone that was removed between approval and poll gave a pass") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  remove_phone(world, phone);
  const auto response = world.poll(asked);
  CHECK(response.status == 400);
  CHECK(error_of(response) == "invalid_grant");
  CHECK(response.cause == "activation_credential_removed");
  CHECK(world.last_code() == "activation_credential_removed");
  CHECK(world.count_kind("pass_issued") == 0);
}

TEST_CASE("defect: the repeat of a token answer asked for no standing") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  REQUIRE(world.poll(asked).status == 200);
  SECTION("the person is suspended") {
    auto person = world.doctor;
    person.active = false;
    world.put(person);
  }
  SECTION("the second certificate ended") {
    auto person = world.doctor;
    person.second_certificate_not_after = world.clock.now();
    world.put(person);
  }
  SECTION("the phone was removed") { remove_phone(world, phone); }
  const auto response = world.poll(asked);
  CHECK(response.status == 400);
  CHECK(error_of(response) == "invalid_grant");
  CHECK(response.cause == "activation_pass_not_active");
  CHECK(world.last_code() == "activation_pass_not_active");
  CHECK(world.count_kind("pass_repeated") == 0);
}

TEST_CASE("defect: a clock that went back revived an expired pass at introspection") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone)["access_token"];
  world.clock.advance(18h);
  world.put(world.facility);  // this moment is committed
  REQUIRE(Json::parse(world.introspect(token).body)["active"] == false);
  SECTION("by more than is tolerated: 503, which says nothing about the token") {
    world.clock.advance(-6s);
    const auto response = world.introspect(token);
    CHECK(response.status == 503);
    CHECK(response.cause == "store_clock_behind");
    CHECK(error_of(response) == "temporarily_unavailable");
  }
  SECTION("by little: judged at the moment that was committed") {
    world.clock.advance(-5s);
    const auto response = world.introspect(token);
    CHECK(response.status == 200);
    CHECK(response.body == R"({"active":false})");
    CHECK(world.last_code() == "pass_expired");
  }
}

TEST_CASE("defect: the letters of expired requests were never free again, and running out was 401") {
  World world;
  SameLettersDesk desk(world);
  REQUIRE(desk.ask().status == 200);
  const auto taken = desk.ask();
  CHECK(taken.status == 503);
  CHECK(error_of(taken) == "temporarily_unavailable");
  CHECK(taken.cause == "activation_codes_exhausted");
  CHECK(taken.headers.count("Retry-After") == 1);
  CHECK(world.last_code() == "activation_codes_exhausted");
  CHECK(world.count_kind("handoffs_expired") == 0);
  world.clock.advance(180s);
  CHECK(desk.ask().status == 200);
  CHECK(world.count_kind("handoffs_expired") == 1);
  CHECK(world.count_kind("activation_requested") == 2);
}
