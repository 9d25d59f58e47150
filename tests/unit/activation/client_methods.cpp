// private_key_jwt and DPoP at the endpoints, and the certificate clients beside them.
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

namespace {

const std::string device_grant = "urn:ietf:params:oauth:grant-type:device_code";

Json ask(KeyWorld& world) {
  const auto response = world.send_signed("/device_authorization", {{"scope", "openid hpki.sign"}}, false);
  INFO(response.body);
  REQUIRE(response.status == 200);
  return Json::parse(response.body);
}

}  // namespace

TEST_CASE("a client with a key: device grant, a pass bound to its DPoP key, introspection says so") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = ask(world);
  REQUIRE(world.approve(phone, asked).status == 200);
  const auto response =
      world.send_signed("/token", {{"grant_type", device_grant}, {"device_code", asked["device_code"]}});
  INFO(response.body);
  REQUIRE(response.status == 200);
  const Json tokens = Json::parse(response.body);
  CHECK(tokens["token_type"] == "DPoP");
  const Json seen = Json::parse(world.introspect(tokens["access_token"]).body);
  CHECK(seen["active"] == true);
  CHECK(seen["token_type"] == "DPoP");
  CHECK(seen["cnf"] == Json({{"jkt", world.dpop.thumbprint()}}));
  // The same client and key within the minute: the same pass.
  const auto again = world.send_signed("/token", {{"grant_type", device_grant}, {"device_code", asked["device_code"]}});
  REQUIRE(again.status == 200);
  CHECK(world.last_kind() == "pass_repeated");
  // Another key of the same client: an alarm, and the end of the pass.
  const ClientSigner stolen;
  const auto other =
      world.send({http::Origin::public_pages, "/token",
                  world.signed_form({{"grant_type", device_grant}, {"device_code", asked["device_code"]}}),
                  stolen.proof("POST", std::string(World::origin) + "/token", world.clock.now())});
  CHECK(outcome_of(world, other) == "400 invalid_grant activation_redeemed_elsewhere");
  CHECK(world.introspect(tokens["access_token"]).body == R"({"active":false})");
}

TEST_CASE("a client without a certificate must prove a key") {
  KeyWorld world;
  const Json asked = ask(world);
  const auto response =
      world.send_signed("/token", {{"grant_type", device_grant}, {"device_code", asked["device_code"]}}, false);
  CHECK(outcome_of(world, response) == "400 invalid_request activation_dpop_missing");
}

TEST_CASE("a certificate client may prove a key instead; its pass is bound to the key") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  const auto response =
      world.send({http::Origin::facility,
                  "/token",
                  {{"client_id", "ehr-1"}, {"grant_type", device_grant}, {"device_code", asked["device_code"]}},
                  world.dpop.proof("POST", "https://localhost:8445/token", world.clock.now()),
                  world.ehr.certificate});
  INFO(response.body);
  REQUIRE(response.status == 200);
  CHECK(Json::parse(response.body)["token_type"] == "DPoP");
}

TEST_CASE("assertions: once, by the right method, and every refusal is 401 invalid_client") {
  KeyWorld world;
  const auto refused = [&](const Sent& sent) {
    const auto response = world.send(sent);
    CHECK(response.body == R"({"error":"invalid_client"})");
    CHECK(response.status == 401);
    return world.last_code();
  };
  const std::string path = "/device_authorization";
  const Parameters good = world.signed_form({{"scope", "openid hpki.sign"}});
  CHECK(world.send({http::Origin::public_pages, path, good}).status == 200);
  CHECK(refused({http::Origin::public_pages, path, good}) == "activation_assertion_replayed");
  CHECK(refused({http::Origin::facility, path, good}) == "activation_assertion_replayed");

  const auto with = [&](const Json& changes) {
    return refused({http::Origin::public_pages, path, world.signed_form({{"scope", "openid"}}, changes)});
  };
  CHECK(with({{"aud", "https://localhost:8445"}}) == "activation_assertion_refused");
  CHECK(with({{"exp", unix_seconds(world.clock.now()) - 61}}) == "activation_assertion_refused");
  CHECK(with({{"sub", "ehr-1"}, {"iss", "ehr-1"}}) == "activation_client_method");
  CHECK(with({{"sub", "nobody"}, {"iss", "nobody"}}) == "activation_client_inactive");
  CHECK(refused({http::Origin::public_pages, path, world.signed_form({{"client_id", "ehr-1"}})}) ==
        "activation_client_id_mismatch");
  CHECK(refused({http::Origin::public_pages, path, world.signed_form({{"client_assertion_type", "saml"}})}) ==
        "activation_assertion_refused");
  CHECK(refused({http::Origin::public_pages, path, {{"client_id", "ehr-key"}}}) ==
        "activation_client_certificate_missing");
  CHECK(refused({http::Origin::public_pages, path, {{"client_id", "ehr-key"}, {"client_secret", "s"}}}) ==
        "activation_client_secret");
}

TEST_CASE(
    "defect: two client authentications in one request were invalid_client; a Basic one was not told so in kind") {
  KeyWorld world;
  const Parameters basic = {{"authorization", "Basic eA=="}};
  const auto ask = [&](Parameters form, Parameters headers) {
    return world.send({http::Origin::public_pages, "/par", std::move(form), std::nullopt, std::nullopt, headers});
  };
  const auto one = ask({{"client_id", "ehr-key"}}, basic);
  CHECK(outcome_of(world, one) == "401 invalid_client activation_client_secret");
  CHECK(header_of(one, "WWW-Authenticate").starts_with("Basic "));
  CHECK(outcome_of(world, ask(world.signed_form({}), basic)) == "400 invalid_request activation_request_malformed");
  CHECK(outcome_of(world, ask(world.signed_form({{"client_secret", "s"}}), {})) ==
        "400 invalid_request activation_request_malformed");
}

TEST_CASE("a client of keys does not get in by a certificate") {
  KeyWorld world;
  const Party party{world.key_client, certificate_named("key client")};
  world.put(world.certificate_of(party));
  const auto response = world.post_form(party, "/device_authorization", {{"scope", "openid"}});
  CHECK(outcome_of(world, response) == "401 invalid_client activation_client_method");
}

TEST_CASE("DPoP proofs: once, for this request, one header") {
  KeyWorld world;
  const Json asked = ask(world);
  const Parameters poll = {{"grant_type", device_grant}, {"device_code", asked["device_code"]}};
  const auto with = [&](const std::string& proof) {
    return outcome_of(world, world.send({http::Origin::public_pages, "/token", world.signed_form(poll), proof}));
  };
  const std::string url = std::string(World::origin) + "/token";
  const std::string good = world.dpop.proof("POST", url, world.clock.now());
  CHECK(error_of(world.send({http::Origin::public_pages, "/token", world.signed_form(poll), good})) ==
        "authorization_pending");
  CHECK(with(good) == "400 invalid_dpop_proof activation_dpop_replayed");
  CHECK(with(world.dpop.proof("POST", "https://localhost:8445/token", world.clock.now())) ==
        "400 invalid_dpop_proof activation_dpop_refused");
  CHECK(with("junk") == "400 invalid_dpop_proof activation_dpop_refused");
  const auto twice = world.send({http::Origin::public_pages,
                                 "/token",
                                 world.signed_form(poll),
                                 world.dpop.proof("POST", url, world.clock.now()),
                                 std::nullopt,
                                 {{"dpop", world.dpop.proof("POST", url, world.clock.now())}}});
  CHECK(outcome_of(world, twice) == "400 invalid_dpop_proof activation_dpop_refused");
}

TEST_CASE("introspection as a signed answer, good and not") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json tokens = world.whole_activation(phone);
  const auto ask_for = [&](const std::string& token) {
    const auto response = world.send({http::Origin::facility,
                                      "/introspect",
                                      {{"client_id", "signer"}, {"token", token}},
                                      std::nullopt,
                                      world.service.certificate,
                                      {{"accept", "application/token-introspection+jwt"}}});
    REQUIRE(response.status == 200);
    CHECK(header_of(response, "Content-Type") == "application/token-introspection+jwt");
    const auto jws = pass::verify_jws(response.body, *world.keys, "token-introspection+jwt");
    REQUIRE(jws);
    CHECK(jws->claims()["iss"] == World::origin);
    CHECK(jws->claims()["aud"] == "signer");
    return jws->claims()["token_introspection"];
  };
  CHECK(ask_for(tokens["access_token"])["active"] == true);
  CHECK(ask_for("x.y.z") == Json({{"active", false}}));
}

TEST_CASE("defect: an OAuth parameter without a value was not as if it had been left out") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  for (const char* name :
       {"client_secret", "dpop_jkt", "request", "request_uri", "id_token_hint", "login_hint_token"}) {
    INFO(name);
    CHECK(browser.push({{name, ""}}).status == 201);
    CHECK(browser.open({{name, ""}}).status == 303);
    CHECK(world.post_form(world.ehr, "/device_authorization", {{"scope", "openid hpki.sign"}, {name, ""}}).status ==
          200);
    CHECK(world
              .post_form(world.ehr, "/backchannel",
                         {{"scope", "openid hpki.sign"}, {"login_hint", world.doctor.id}, {name, ""}})
              .status == 200);
  }
  for (const char* name : {"client_assertion", "client_assertion_type"}) {
    INFO(name);
    CHECK(world.post_form(world.ehr, "/device_authorization", {{"scope", "openid hpki.sign"}, {name, ""}}).status ==
          200);
  }
}

TEST_CASE("defect: a signed answer came to whoever excluded it, and not for capitals or a second line") {
  KeyWorld world;
  const auto type_for = [&](const std::vector<std::string>& lines) {
    http::Request request;
    request.origin = http::Origin::facility;
    request.method = "POST";
    request.path = "/introspect";
    request.client_certificate = world.service.certificate;
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    for (const auto& line : lines) request.headers.emplace("accept", line);
    request.body = "client_id=signer&token=x.y.z";
    return header_of(world.router.handle(request), "Content-Type");
  };
  const std::string jwt = "application/token-introspection+jwt";
  CHECK(type_for({jwt + ";q=0"}) == "application/json");
  CHECK(type_for({"Application/Token-Introspection+JWT"}) == jwt);
  CHECK(type_for({"text/html", jwt}) == jwt);
}

TEST_CASE("defect: a resource that was written otherwise was another service") {
  KeyWorld world;
  for (const char* same : {"HTTPS://Sign.Example", "https://sign.example/", "https://sign.example:443"}) {
    INFO(same);
    CHECK(world.post_form(world.ehr, "/device_authorization", {{"scope", "openid hpki.sign"}, {"resource", same}})
              .status == 200);
  }
  // The pass has the service's registered name.
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone, {{"resource", "https://sign.example:443/"}})["access_token"];
  const Json answer = Json::parse(world.introspect(token).body);
  CHECK(answer["active"] == true);
  CHECK(answer["aud"] == World::audience);
}
