// What is shown and what is sent back, when a request to /authorize is not good.
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("a wrong client or redirect_uri is shown, never redirected") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  const auto shown = [&](Parameters changes) {
    const auto response = browser.open(std::move(changes));
    CHECK(response.status == 400);
    CHECK(header_of(response, "Location").empty());
    CHECK(response.body.find("data-testid=\"refusal\"") != std::string::npos);
    return response.cause;
  };
  CHECK(shown({{"client_id", "nobody"}}) == "activation_client_inactive");
  CHECK(shown({{"client_id", "-"}}) == "activation_client_inactive");
  for (const char* uri : {"https://ehr.example/callback/", "https://ehr.example/callback?x", "https://ehr.example",
                          "http://ehr.example/callback", "https://ehr.example:443/callback", "-", "http://localhost/cb",
                          "http://127.0.0.1/other", "http://127.0.0.1:99999999/cb", "http://127.0.0.1:0/cb",
                          "http://127.0.0.1:65536/cb", "http://127.0.0.1:/cb", "http://127.0.0.1.evil.example/cb",
                          "https://127.0.0.1/cb", "http://127.0.0.1@evil.example/cb", "javascript:alert(1)"}) {
    INFO(uri);
    CHECK(shown({{"redirect_uri", uri}}) == "activation_redirect_uri");
  }
  CHECK(browser.open({{"redirect_uri", "http://127.0.0.1:49152/cb"}}).status == 303);
  CHECK(browser.open({{"redirect_uri", "http://127.0.0.1:65535/cb"}}).status == 303);
}

TEST_CASE("every other mistake goes back to the client by its name, with state and iss") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  const auto sent_back = [&](Parameters changes) {
    changes.emplace("state", "xyz");
    const auto response = browser.open(std::move(changes));
    CHECK(response.status == 303);
    const std::string location = header_of(response, "Location");
    CHECK(location.starts_with(std::string(callback) + "?error="));
    CHECK(parameter_of(location, "state") == "xyz");
    CHECK(parameter_of(location, "iss") == "https%3A%2F%2Flocalhost%3A8443");
    return parameter_of(location, "error");
  };
  CHECK(sent_back({{"response_type", "token"}}) == "unsupported_response_type");
  CHECK(sent_back({{"response_type", "code id_token"}}) == "unsupported_response_type");
  CHECK(sent_back({{"response_type", "-"}}) == "invalid_request");
  CHECK(sent_back({{"code_challenge_method", "plain"}}) == "invalid_request");
  CHECK(sent_back({{"code_challenge_method", "-"}}) == "invalid_request");
  CHECK(sent_back({{"code_challenge", "-"}}) == "invalid_request");
  CHECK(sent_back({{"code_challenge", std::string(42, 'A')}}) == "invalid_request");
  CHECK(sent_back({{"response_mode", "fragment"}}) == "invalid_request");
  CHECK(sent_back({{"scope", "openid everything"}}) == "invalid_scope");
  CHECK(sent_back({{"scope", "-"}}) == "invalid_scope");
  CHECK(sent_back({{"resource", "https://elsewhere.example"}}) == "invalid_target");
  CHECK(sent_back({{"prompt", "none"}}) == "login_required");
  CHECK(sent_back({{"prompt", "none login"}}) == "invalid_request");
  CHECK(sent_back({{"max_age", "-1"}}) == "invalid_request");
  CHECK(sent_back({{"acr_values", "urn:mace:incommon:iap:silver"}}) == "unmet_authentication_requirements");
  CHECK(sent_back({{"dpop_jkt", "short"}}) == "invalid_request");
  CHECK(sent_back({{"nonce", std::string(513, 'n')}}) == "invalid_request");
  CHECK(browser.open({{"prompt", "login"}, {"max_age", "0"}, {"ui_locales", "en"}}).status == 303);
}

TEST_CASE("PAR refuses what /authorize would, with the RFC's status") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  const auto refused = [&](Parameters changes) {
    const auto response = browser.push(std::move(changes));
    return std::to_string(response.status) + " " + error_of(response);
  };
  CHECK(refused({{"redirect_uri", "https://elsewhere.example"}}) == "400 invalid_request");
  CHECK(refused({{"request_uri", "urn:x"}}) == "400 invalid_request");
  CHECK(refused({{"code_challenge_method", "plain"}}) == "400 invalid_request");
  CHECK(refused({{"scope", "everything"}}) == "400 invalid_scope");
  CHECK(refused({{"dpop_jkt", std::string(43, 'A')}}) == "400 invalid_dpop_proof");
  CHECK(refused({{"client_assertion", "a.b.c"}}) == "401 invalid_client");
}

TEST_CASE("CIBA: a pass by poll; the same answer for whoever is not there") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const auto ask = [&](Parameters changes) {
    changes.try_emplace("scope", "openid hpki.sign");
    changes.try_emplace("login_hint", world.doctor.id);
    return world.post_form(world.ehr, "/backchannel", changes);
  };
  const auto poll = [&](const Json& asked) {
    return world.post_form(
        world.ehr, "/token",
        {{"grant_type", "urn:openid:params:grant-type:ciba"}, {"auth_req_id", asked["auth_req_id"]}});
  };
  const auto response = ask({{"binding_message", "処方 12"}, {"requested_expiry", "120"}});
  INFO(response.body);
  REQUIRE(response.status == 200);
  const Json asked = Json::parse(response.body);
  CHECK(asked["expires_in"] == 120);
  CHECK(asked["interval"] == 2);
  CHECK(error_of(poll(asked)) == "authorization_pending");
  CHECK(error_of(poll(asked)) == "slow_down");
  const Json link = {{"verification_uri_complete", asked["deep_link"]}, {"number", asked["number"]}};
  const auto scanned = world.scan(phone, link);
  CHECK(Json::parse(scanned.body)["binding_message"] == "処方 12");
  REQUIRE(world.approve(phone, link).status == 200);
  CHECK(poll(asked).status == 200);
  CHECK(poll(asked).status == 200);  // lost answers cost nobody a second biometric

  const auto members = [](const http::Response& each) {
    std::string out = std::to_string(each.status);
    const Json body = Json::parse(each.body);
    for (const auto& [name, value] : body.items()) out += " " + name + "/" + value.type_name();
    return out;
  };
  auto suspended = world.colleague;
  suspended.active = false;
  world.put(suspended);
  const std::string like = members(ask({}));
  CHECK(members(ask({{"login_hint", "ZZ99999999"}})) == like);
  CHECK(members(ask({{"login_hint", suspended.id}})) == like);
  const Json nobody = Json::parse(ask({{"login_hint", "ZZ99999999"}}).body);
  CHECK(error_of(poll(nobody)) == "authorization_pending");
  world.clock.advance(180s);
  CHECK(error_of(poll(nobody)) == "expired_token");

  const auto refused = [&](Parameters changes) {
    const auto each = ask(std::move(changes));
    return std::to_string(each.status) + " " + error_of(each);
  };
  CHECK(refused({{"login_hint", ""}}) == "400 invalid_request");
  CHECK(refused({{"id_token_hint", "x"}}) == "400 invalid_request");
  CHECK(refused({{"binding_message", std::string(65, 'x')}}) == "400 invalid_binding_message");
  CHECK(refused({{"binding_message", "a\nb"}}) == "400 invalid_binding_message");
  CHECK(refused({{"binding_message", "処方\u3164"}}) == "400 invalid_binding_message");
  CHECK(refused({{"binding_message", "\u3000"}}) == "400 invalid_binding_message");
  CHECK(refused({{"requested_expiry", "0"}}) == "400 invalid_request");
  CHECK(refused({{"requested_expiry", "soon"}}) == "400 invalid_request");
  CHECK(refused({{"scope", "hpki.sign"}}) == "400 invalid_scope");
}
