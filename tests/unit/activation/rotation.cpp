// Keys that change while passes are asked for and introspected.
#include "rp/store/engine/errors.h"
#include "rp/store/signing_keys.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// The same endpoints over keys that the test changes: `recent` is what this process saw last, `newest` what the
// database says.
struct TurningWorld : World {
  std::shared_ptr<const pass::KeySet> recent = keys, newest = keys;
  const std::string first = keys->current.kid(), second = keys->others[0].kid();

  TurningWorld() {
    activation::Settings settings;
    settings.issuer = origin;
    settings.facility_origin = "https://localhost:8445";
    settings.rp_id = "localhost";
    settings.origins = {origin};
    pass::SigningKeys turning([this](bool look) { return look ? newest : recent; });
    router = http::Router();
    activation::add_routes(router, activation::Services{*store, clock, random, std::move(turning), settings});
    change([&](store::Transaction& transaction) -> Status {
      store::SigningKeyRow row{first, "file:first", keys->current.public_jwk(), {}, {}};
      row.times.use_from = transaction.now();
      return adopt_signing_key(transaction, row) ? Status() : Status(Error(errors::store_unavailable));
    });
  }
  static std::shared_ptr<const pass::KeySet> set_of(const char* pem) {
    return std::make_shared<const pass::KeySet>(pass::KeySet{sample_key(pem), {}});
  }
  void withdraw(const std::string& kid) {
    change([&](store::Transaction& transaction) -> Status {
      TEGATA_ASSIGN(const auto withdrawn, withdraw_signing_keys(transaction, kid));
      REQUIRE(withdrawn.kids.size() == 1);
      return {};
    });
  }
  std::string kid_of(const std::string& token) {
    const auto header = parse_base64url(token.substr(0, token.find('.')));
    return Json::parse(as_text(*header))["kid"];
  }
  bool active(const std::string& token) { return Json::parse(introspect(token).body)["active"]; }
};

}  // namespace

TEST_CASE("a token that another key of ours signed is not the pass, whatever it says") {
  TurningWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone)["access_token"];
  const Json payload = pass::verify_pass(token, *world.keys, World::origin, world.clock.now())->payload();
  CHECK(world.active(token));
  CHECK(world.introspect(*pass::sign_pass(world.keys->others[0], payload)).body == inactive);
  CHECK(world.last_code() == "activation_pass_of_another_key");
}

TEST_CASE("the passes of a withdrawn key are inactive at once, also where this process has not heard of it yet") {
  TurningWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone)["access_token"];
  world.withdraw(world.first);
  CHECK(world.introspect(token).body == inactive);
  CHECK(world.last_code() == "activation_pass_not_active");
  world.recent = world.newest = world.set_of(second_key);
  CHECK(world.introspect(token).body == inactive);
  CHECK(world.last_code() == "jws_key_unknown");
}

TEST_CASE("a pass that is asked for at the moment of an emergency is signed by the new key") {
  TurningWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  world.withdraw(world.first);
  world.newest = world.set_of(second_key);
  const auto answer = world.poll(asked);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  const std::string token = Json::parse(answer.body)["access_token"];
  CHECK(world.kid_of(token) == world.second);
  CHECK(world.active(token));
  // A repeated answer is the same pass under the same key, whichever is in use by then.
  world.recent = world.newest = std::make_shared<const pass::KeySet>(
      pass::KeySet{*pass::SigningKey::parse_pem(*pass::signing_key_pem(Bytes(32, 9))), {sample_key(second_key)}});
  CHECK(world.kid_of(Json::parse(world.poll(asked).body)["access_token"]) == world.second);
}

TEST_CASE("without a key that is not withdrawn nothing is issued, and the request can still be redeemed later") {
  TurningWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  world.withdraw(world.first);
  const auto answer = world.poll(asked);
  CHECK(answer.status == 503);
  CHECK(world.count_kind("pass_issued") == 0);
  world.recent = world.newest = world.set_of(second_key);
  CHECK(world.poll(asked).status == 200);
}

TEST_CASE("a pass of the key that has just come into use verifies where this process knows only the older ones") {
  TurningWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  world.recent = world.newest = world.set_of(second_key);
  const std::string token = world.whole_activation(phone)["access_token"];
  world.recent = world.set_of(first_key);
  CHECK(world.active(token));
}

TEST_CASE("the JWKS and signed answers are those of the newest keys") {
  TurningWorld world;
  world.newest = world.set_of(second_key);
  http::Request request;
  request.method = "GET";
  request.path = "/jwks";
  const Json jwks = Json::parse(world.router.handle(request).body);
  REQUIRE(jwks["keys"].size() == 1);
  CHECK(jwks["keys"][0]["kid"] == world.second);
}
