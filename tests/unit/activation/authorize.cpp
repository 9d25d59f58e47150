// The code flow: the browser's way from /authorize to a code, by each method, and the code's way to a pass.
#include "rp/activation/authorize.h"

#include "rp/activation/approval.h"
#include "rp/store/sign_in.h"
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("phone by QR: code, pass, ID token with the nonce; the same code again ends the pass") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world);
  REQUIRE(browser.open({{"state", "s1"}, {"nonce", "n1"}}).status == 303);
  const Json seen = browser.call("look");
  CHECK(seen["facility_name"] == "検証病院");
  CHECK(seen["state"] == "scanned");
  const Json offered = browser.call("phone");
  const Json link = {{"verification_uri_complete", std::string(World::origin) + "/d#t=" + browser.scan_token()},
                     {"number", offered["number"]}};
  REQUIRE(world.approve(phone, link).status == 200);
  CHECK(browser.call("look")["state"] == "approved");
  const std::string location = browser.call("finish")["location"];
  CHECK(location.starts_with(std::string(callback) + "?code="));
  CHECK(parameter_of(location, "state") == "s1");
  CHECK(parameter_of(location, "iss") == "https%3A%2F%2Flocalhost%3A8443");
  const auto response = browser.redeem(parameter_of(location, "code"));
  INFO(response.body);
  REQUIRE(response.status == 200);
  const Json tokens = Json::parse(response.body);
  CHECK(tokens["token_type"] == "DPoP");
  const auto id_token = pass::verify_jws(tokens["id_token"].get<std::string>(), *world.keys, "JWT");
  REQUIRE(id_token);
  CHECK(id_token->claims()["nonce"] == "n1");
  CHECK(id_token->claims()["exp"].get<std::int64_t>() - id_token->claims()["iat"].get<std::int64_t>() == 300);
  CHECK(error_of(browser.redeem(parameter_of(location, "code"))) == "invalid_grant");
  CHECK(world.last_code() == "activation_code_reused");
  CHECK(world.introspect(tokens["access_token"]).body == R"({"active":false})");
}

TEST_CASE("a passkey on this PC, also after a phone had scanned") {
  for (const bool scanned : {false, true}) {
    KeyWorld world;
    Phone phone = world.enrolled_phone(world.doctor);
    AuthorizeBrowser browser(world);
    REQUIRE(browser.open({}).status == 303);
    const Json link = {{"verification_uri_complete", std::string(World::origin) + "/d#t=" + browser.scan_token()}};
    if (scanned) REQUIRE(world.scan(phone, link).status == 200);
    const Json options = browser.call("options");
    const auto assertion = phone.authenticator.get(options["publicKey"], World::origin, {}, world.random);
    REQUIRE(assertion);
    CHECK(browser.call("passkey", {{"credential", *assertion}})["state"] == "approved");
    const std::string location = browser.call("finish")["location"];
    CHECK(browser.redeem(parameter_of(location, "code")).status == 200);
  }
}

TEST_CASE("a card log-in of this very request: acr phrh, amr sc, the card's end bounds the pass") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  REQUIRE(browser.open({{"login_hint", world.doctor.id}, {"acr_values", "phrh"}}).status == 303);
  const auto log_in = [&](const std::string& purpose, const store::Practitioner& person) {
    store::Session session;
    session.purpose = purpose;
    session.method = "card";
    browser.session = std::string(activation::page_session_cookie) + "=" + world.begin_session(person, session);
  };
  CHECK(browser.refusal("card") == "activation_card_missing");
  log_in("enrol", world.doctor);
  CHECK(browser.refusal("card") == "activation_card_missing");
  log_in("authorize:elsewhere", world.doctor);
  CHECK(browser.refusal("card") == "activation_card_missing");
  log_in("authorize:" + browser.id, world.colleague);
  CHECK(browser.refusal("card") == "activation_other_person");
  log_in("authorize:" + browser.id, world.doctor);
  CHECK(browser.call("card")["state"] == "approved");
  const std::string location = browser.call("finish")["location"];
  const auto response = browser.redeem(parameter_of(location, "code"));
  INFO(response.body);
  REQUIRE(response.status == 200);
  const Json tokens = Json::parse(response.body);
  const Json seen = Json::parse(world.introspect(tokens["access_token"]).body);
  CHECK(seen["active"] == true);
  CHECK(seen["acr"] == "phrh");
  CHECK(seen["amr"] == Json({"pop", "sc", "user", "mfa"}));
  CHECK(seen["exp"] == unix_seconds(world.clock.now() + 1h));
}

TEST_CASE("what demands hardware is not met by a synced key") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world);
  REQUIRE(browser.open({{"acr_values", "phrh"}}).status == 303);
  const Json options = browser.call("options");
  const auto assertion = phone.authenticator.get(options["publicKey"], World::origin, {}, world.random);
  REQUIRE(assertion);
  CHECK(browser.refusal("passkey", {{"credential", *assertion}}) == "activation_key_not_hardware");
}

TEST_CASE("declined: the client learns access_denied, state and iss") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  REQUIRE(browser.open({{"state", "a b"}}).status == 303);
  const std::string location = browser.call("decline")["location"];
  CHECK(parameter_of(location, "error") == "access_denied");
  CHECK(parameter_of(location, "state") == "a%20b");
  CHECK(parameter_of(browser.call("finish")["location"], "error") == "access_denied");
  CHECK(browser.refusal("options") == "activation_already_decided");
}

TEST_CASE("the transaction belongs to its browser") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world), other(world);
  REQUIRE(browser.open({}).status == 303);
  REQUIRE(other.open({}).status == 303);
  other.id = browser.id;
  CHECK(other.refusal("look") == "activation_request_unknown");
  other.cookie = activation::authorize_cookie + browser.id + "=guessed";
  for (const char* call : {"look", "phone", "options", "decline", "finish"}) {
    CHECK(other.refusal(call) == "activation_not_owner");
  }
  CHECK(browser.refusal("finish") == "activation_already_decided");
  const Json options = browser.call("options");
  const auto assertion = phone.authenticator.get(options["publicKey"], World::origin, {}, world.random);
  REQUIRE(browser.call("passkey", {{"credential", *assertion}})["state"] == "approved");
  CHECK(browser.call("finish").contains("location"));
  CHECK(browser.refusal("look", {}, false) == "http_cross_site");
  // defect: a page of another site was told that its phone would not do
  CHECK(Json::parse(browser.post("look", {}, false).body)["code"] == "E-906");
}

TEST_CASE(
    "PAR: 201, once, for its client, for a while; a key announced with it must be the one at the token endpoint") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world);
  const auto pushed = browser.push({{"state", "p1"}});
  REQUIRE(pushed.status == 201);
  const Json answer = Json::parse(pushed.body);
  CHECK(answer["expires_in"] == 90);
  const std::string uri = answer["request_uri"];
  CHECK(browser.open_with({{"client_id", "ehr-1"}, {"request_uri", uri}}).cause == "activation_request_uri");
  REQUIRE(browser.open_with({{"client_id", world.key_client}, {"request_uri", uri}, {"state", "ignored"}}).status ==
          303);
  CHECK(browser.open_again({{"client_id", world.key_client}, {"request_uri", uri}}).cause == "activation_request_uri");
  browser.approve_here(phone);
  const std::string location = browser.call("finish")["location"];
  CHECK(parameter_of(location, "state") == "p1");
  const ClientSigner elsewhere;
  CHECK(error_of(browser.redeem(parameter_of(location, "code"), &elsewhere)) == "invalid_grant");
  CHECK(world.last_code() == "activation_dpop_other_key");
  CHECK(browser.redeem(parameter_of(location, "code")).status == 200);
  const std::string late = Json::parse(browser.push({}).body)["request_uri"];
  world.clock.advance(90s);
  CHECK(browser.open_again({{"client_id", world.key_client}, {"request_uri", late}}).cause == "activation_request_uri");
}

TEST_CASE("a code: its verifier, its redirect_uri, its grant, its minute") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world);
  REQUIRE(browser.open({}).status == 303);
  browser.approve_here(phone);
  const std::string code = parameter_of(browser.call("finish")["location"], "code");
  const auto with = [&](Parameters changes) {
    const auto response = browser.redeem(code, nullptr, std::move(changes));
    return error_of(response) + " " + response.cause;
  };
  CHECK(with({{"code_verifier", std::string(43, 'B')}}) == "invalid_grant activation_code_verifier");
  CHECK(with({{"code_verifier", ""}}) == "invalid_request activation_request_malformed");
  CHECK(with({{"code_verifier", std::string(129, 'A')}}) == "invalid_request activation_request_malformed");
  CHECK(with({{"redirect_uri", "https://ehr.example/other"}}) == "invalid_grant activation_code_redirect_uri");
  CHECK(with({{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"}, {"device_code", code}}) ==
        "invalid_grant activation_code_unknown");
  world.clock.advance(60s);
  CHECK(with({}) == "invalid_grant activation_code_expired");
}
