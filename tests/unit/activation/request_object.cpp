// Requests that the client signed, at /authorize, at PAR, and at the backchannel.
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

namespace {

Json claims_of(const Parameters& parameters) {
  Json out = Json::object();
  for (const auto& [name, value] : parameters) out[name] = value;
  return out;
}

std::string object_of(KeyWorld& world, const Json& claims) {
  return world.key.request_object(world.key_client, World::origin, world.clock.now(), claims);
}

}  // namespace

TEST_CASE("/authorize: the signed request leads to a pass, and what stands beside it does not count") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world);
  const Json claims = claims_of(browser.parameters({{"state", "inside"}, {"terminal_name", "端末1"}}));
  const auto response = browser.open_with({{"client_id", world.key_client},
                                           {"request", object_of(world, claims)},
                                           {"scope", "everything"},
                                           {"state", "beside"},
                                           {"redirect_uri", "https://evil.example"}});
  REQUIRE(response.status == 303);
  CHECK(browser.call("look")["terminal_name"] == "");  // signed, but anybody may have brought it
  browser.approve_here(phone);
  const std::string location = browser.call("finish")["location"];
  CHECK(location.starts_with(callback));
  CHECK(parameter_of(location, "state") == "inside");
  CHECK(browser.redeem(parameter_of(location, "code")).status == 200);
}

TEST_CASE("/authorize: what is wrong with the object is shown; what is wrong in it goes back to the client") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  const auto open = [&](const Json& changes, Parameters beside = {}) {
    Json claims = claims_of(browser.parameters({}));
    if (changes.is_object()) claims.update(changes);
    beside.emplace("client_id", world.key_client);
    beside.emplace("redirect_uri", callback);
    beside.emplace("request", object_of(world, claims));
    return browser.open_with(beside);
  };
  const auto shown = [&](const http::Response& response) {
    CHECK(response.status == 400);
    CHECK(header_of(response, "Location").empty());
    return response.cause;
  };
  CHECK(shown(open({{"exp", 1}})) == "activation_request_object");
  CHECK(shown(open({{"request", "e30.e30.AA"}})) == "activation_request_object");
  CHECK(shown(open({}, {{"request", "e30.e30."}})) == "activation_request_object");
  // Without a value it is no object (RFC 6749 section 3.1): what is missing then goes back to the client.
  CHECK(parameter_of(header_of(open({}, {{"request", ""}}), "Location"), "error") == "invalid_request");
  CHECK(shown(open({}, {{"client_id", "ehr-1"}})) == "activation_request_object");
  CHECK(shown(open({}, {{"request_uri", "urn:ietf:params:oauth:request_uri:x"}})) == "activation_request_malformed");
  CHECK(shown(open({{"redirect_uri", "https://evil.example"}})) == "activation_redirect_uri");
  const std::string back = header_of(open({{"scope", "everything"}, {"state", "inside"}}), "Location");
  CHECK(parameter_of(back, "error") == "invalid_scope");
  CHECK(parameter_of(back, "state") == "inside");
}

TEST_CASE("PAR: a signed request is what is pushed, and only its client may push it") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  const Json claims = claims_of(browser.parameters({{"terminal_id", "t1"}, {"terminal_name", "端末1"}}));
  const auto push = [&](const std::string& object, Parameters beside = {}) {
    beside.emplace("client_id", world.key_client);
    beside.emplace("request", object);
    return world.send_signed("/par", beside);
  };
  const auto pushed = push(object_of(world, claims), {{"terminal_name", "beside"}});
  REQUIRE(pushed.status == 201);
  const std::string uri = Json::parse(pushed.body)["request_uri"];
  REQUIRE(browser.open_with({{"client_id", world.key_client}, {"request_uri", uri}}).status == 303);
  CHECK(browser.call("look")["terminal_name"] == "端末1");

  const std::string of_another = world.key.request_object("ehr-1", World::origin, world.clock.now(), claims);
  CHECK(outcome_of(world, push(of_another)) == "400 invalid_request_object activation_request_object");
  CHECK(
      outcome_of(world, push(world.dpop.request_object(world.key_client, World::origin, world.clock.now(), claims))) ==
      "400 invalid_request_object activation_request_object");
  Json another_key = claims;
  another_key["dpop_jkt"] = std::string(43, 'A');
  CHECK(outcome_of(world, push(object_of(world, another_key))) == "400 invalid_dpop_proof activation_dpop_refused");
}

TEST_CASE("CIBA: a signed request; a client without a key has none") {
  KeyWorld world;
  const std::int64_t at = unix_seconds(world.clock.now());
  const Json claims = {{"scope", "openid hpki.sign"},
                       {"login_hint", world.doctor.id},
                       {"requested_expiry", 120},
                       {"nbf", at},
                       {"iat", at},
                       {"jti", "1"}};
  const std::string object = object_of(world, claims);
  const auto asked = world.send_signed("/backchannel", {{"request", object}, {"scope", "everything"}}, false);
  INFO(asked.body);
  REQUIRE(asked.status == 200);
  CHECK(Json::parse(asked.body)["expires_in"] == 120);
  CHECK(outcome_of(world, world.post_form(world.ehr, "/backchannel", {{"request", object}})) ==
        "400 invalid_request activation_backchannel_object");
}
