#include <thread>

#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("an EHR gets a pass with a phone, checks it, revokes it") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"terminal_id", "t1"}, {"terminal_name", "端末1"}, {"login_hint", world.doctor.id}});

  CHECK(asked["expires_in"] == 180);
  CHECK(asked["interval"] == 2);
  CHECK(asked["verification_uri"] == "https://localhost:8443/d");
  CHECK(asked["qr_svg"].get<std::string>().starts_with("<svg"));
  const std::string user_code = asked["user_code"];
  REQUIRE(user_code.size() == 12);
  CHECK((user_code.substr(0, 4) + user_code.substr(5, 4)).find_first_not_of("BCDFGHJKLMNPQRSTVWXZ") ==
        std::string::npos);
  CHECK(user_code.substr(10) == asked["number"]);
  CHECK(error_of(world.poll(asked)) == "authorization_pending");

  const auto scanned = world.scan(phone, asked);
  REQUIRE(scanned.status == 200);
  const Json context = Json::parse(scanned.body);
  CHECK(context["facility_name"] == "検証病院");
  CHECK(context["terminal_name"] == "端末1");
  CHECK(context["practitioner_id_masked"] == "AB••••••89");
  CHECK(context["state"] == "scanned");
  CHECK(context["pass_until"] == format_rfc3339(world.clock.now() + 18h));
  CHECK(context["publicKey"].value("allowCredentials", Json::array()).empty());
  REQUIRE(phone.cookies.size() == 1);
  CHECK(phone.cookies.begin()->first == "__Host-tegata-activation-" + context["request"].get<std::string>());

  world.clock.advance(5s);
  const auto approved = world.approve(phone, asked, context, asked["number"]);
  INFO(approved.body);
  REQUIRE(approved.status == 200);
  CHECK(Json::parse(approved.body)["practitioner_id"] == world.doctor.id);
  CHECK(world.last_kind() == "activation_approved");

  world.clock.advance(2s);
  const auto response = world.poll(asked);
  INFO(response.body);
  REQUIRE(response.status == 200);
  CHECK(response.headers.find("Cache-Control")->second == "no-store");
  CHECK(world.last_kind() == "pass_issued");
  const Json tokens = Json::parse(response.body);
  CHECK(tokens["token_type"] == "Bearer");
  CHECK(tokens["expires_in"] == 18 * 3600);
  CHECK(tokens["scope"] == "openid hpki.sign");

  const auto pass =
      pass::verify_pass(tokens["access_token"].get<std::string>(), *world.keys, World::origin, world.clock.now());
  REQUIRE(pass);
  CHECK(pass->claims().practitioner_id == world.doctor.id);
  CHECK(pass->claims().audience == World::audience);
  CHECK(pass->claims().facility_code == "1312345678");
  CHECK(pass->claims().certificate == sha256(*world.ehr.certificate));
  CHECK(pass->claims().roles == std::vector<std::string>{"Medical Doctor"});
  CHECK(pass->claims().acr == "phr");
  CHECK(pass->claims().amr == std::vector<std::string>{"pop", "user", "mfa"});
  CHECK(unix_seconds(pass->claims().auth_time) == unix_seconds(world.clock.now() - 2s));
  const auto id_token = pass::verify_jws(tokens["id_token"].get<std::string>(), *world.keys, "JWT");
  REQUIRE(id_token);
  CHECK(id_token->claims()["aud"] == "ehr-1");

  const std::string token = tokens["access_token"];
  const Json active = Json::parse(world.introspect(token).body);
  CHECK(active["active"] == true);
  CHECK(active["sub"] == world.doctor.id);
  CHECK(active["cnf"]["x5t#S256"] == base64url(sha256(*world.ehr.certificate)));
  CHECK(world.post_form(world.ehr, "/revoke", {{"token", token}}).status == 200);
  CHECK(world.last_kind() == "pass_revoked");
  CHECK(world.introspect(token).body == R"({"active":false})");
  CHECK(world.last_code() == "activation_pass_not_active");
}

TEST_CASE("no answer to the phone carries the number") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  Json asked = world.ask({{"terminal_id", "t1"}});
  const auto scanned = world.scan(phone, asked);
  const Json context = Json::parse(scanned.body);
  for (const auto& [name, value] : context.items()) {
    CHECK(value != asked["number"]);
    CHECK(value != asked["user_code"]);
  }
  CHECK(scanned.body.find(asked["user_code"].get<std::string>()) == std::string::npos);
}

TEST_CASE("64 redemptions at once give one pass") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  std::vector<std::string> bodies(64);
  {
    std::vector<std::jthread> threads;
    for (auto& body : bodies) threads.emplace_back([&] { body = world.poll(asked).body; });
  }
  std::set<std::string> ids;
  for (const auto& body : bodies) {
    INFO(body);
    const auto pass = pass::verify_pass(Json::parse(body)["access_token"].get<std::string>(), *world.keys,
                                        World::origin, world.clock.now());
    REQUIRE(pass);
    ids.insert(pass->claims().jti);
  }
  CHECK(ids.size() == 1);
  CHECK(world.count_kind("pass_issued") == 1);
  CHECK(world.count_kind("pass_repeated") == 63);
}

TEST_CASE("a lost token answer can be asked for again for a minute") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  const Json first = Json::parse(world.poll(asked).body);
  world.clock.advance(59s);
  const Json second = Json::parse(world.poll(asked).body);
  const auto claims = [&](const Json& tokens) {
    return pass::verify_pass(tokens["access_token"].get<std::string>(), *world.keys, World::origin, world.clock.now())
        ->payload();
  };
  CHECK(claims(first) == claims(second));
  world.clock.advance(1s);
  CHECK(error_of(world.poll(asked)) == "invalid_grant");
  CHECK(world.last_code() == "activation_redeemed");
  CHECK(Json::parse(world.introspect(first["access_token"]).body)["active"] == true);
}

TEST_CASE("polling: the first is never too early, an early one does not move the clock, approval is answered at once") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  CHECK(error_of(world.poll(asked)) == "authorization_pending");
  world.clock.advance(1s);
  CHECK(error_of(world.poll(asked)) == "slow_down");
  world.clock.advance(1s);  // two seconds after the last that counted
  CHECK(error_of(world.poll(asked)) == "authorization_pending");
  CHECK(error_of(world.poll(asked)) == "slow_down");
  REQUIRE(world.approve(phone, asked).status == 200);
  CHECK(world.poll(asked).status == 200);
}

TEST_CASE("the same phone may scan again, and gets a new challenge") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json first = Json::parse(world.scan(phone, asked).body);
  const Json second = Json::parse(world.scan(phone, asked).body);
  CHECK(first["publicKey"]["challenge"] != second["publicKey"]["challenge"]);
  world.approve(phone, asked, first, asked["number"]);
  CHECK(world.last_code() == "webauthn_challenge_mismatch");
  CHECK(world.approve(phone, asked, second, asked["number"]).status == 200);
  CHECK(Json::parse(world.scan(phone, asked).body)["state"] == "approved");
}

TEST_CASE("what the phone is told at each end") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const auto state = [&](const Json& asked) {
    return Json::parse(world.post_page(phone, "status", {{"token", World::scan_token(asked)}}).body)
        .value("state", "none");
  };
  const Json approved = world.ask();
  REQUIRE(world.approve(phone, approved).status == 200);
  CHECK(state(approved) == "approved");
  const Json declined = world.ask();
  world.scan(phone, declined);
  CHECK(state(declined) == "scanned");
  CHECK(Json::parse(world.post_page(phone, "decline", {{"token", World::scan_token(declined)}}).body)["state"] ==
        "declined");
  CHECK(world.last_code() == "activation_declined");
  CHECK(state(declined) == "declined");
  const Json expired = world.ask();
  world.scan(phone, expired);
  world.clock.advance(180s);
  CHECK(state(expired) == "expired");
}

TEST_CASE("the day's end, and the ends of both certificates, bound the pass") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  auto end = [&] {
    return Json::parse(world.introspect(world.whole_activation(phone)["access_token"]).body)["exp"].get<std::int64_t>();
  };
  CHECK(end() == unix_seconds(world.clock.now() + 18h));
  auto person = world.doctor;
  person.second_certificate_not_after = world.clock.now() + 3h;
  world.put(person);
  CHECK(end() == unix_seconds(world.clock.now() + 3h));
  auto certificate = world.certificate_of(world.ehr);
  certificate.not_after = world.clock.now() + 2h;
  world.put(certificate);
  CHECK(end() == unix_seconds(world.clock.now() + 2h));
  auto facility = world.facility;
  facility.day_cut_off = japan_time(world.clock.now() + 1h).substr(11, 5);
  world.put(facility);
  CHECK(end() <= unix_seconds(world.clock.now() + 1h));
  CHECK(end() > unix_seconds(world.clock.now() + 58min));
}

TEST_CASE("discovery names what exists, keys are public") {
  World world;
  http::Request request;
  request.method = "GET";
  request.path = "/.well-known/openid-configuration";
  const Json document = Json::parse(world.router.handle(request).body);
  CHECK(document["issuer"] == World::origin);
  CHECK(document["grant_types_supported"] == Json({"authorization_code", "urn:ietf:params:oauth:grant-type:device_code",
                                                   "urn:openid:params:grant-type:ciba"}));
  CHECK(document["subject_types_supported"] == Json::array({"public"}));
  CHECK(document["response_types_supported"] == Json::array({"code"}));
  CHECK(document["tls_client_certificate_bound_access_tokens"] == true);
  for (const auto& [name, url] : document["mtls_endpoint_aliases"].items()) {
    const std::string path = url.get<std::string>().substr(std::string("https://localhost:8445").size());
    http::Request endpoint;
    endpoint.origin = http::Origin::facility;
    endpoint.method = "POST";
    endpoint.path = path;
    INFO(path);
    CHECK(world.router.handle(endpoint).status != 404);
  }
  request.path = "/.well-known/oauth-authorization-server";
  CHECK(Json::parse(world.router.handle(request).body) == document);
  request.path = "/jwks";
  CHECK(Json::parse(world.router.handle(request).body)["keys"].size() == 2);
}

TEST_CASE("introspections are counted, one record for many") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone)["access_token"];
  for (int i = 0; i < 6; ++i) CHECK(Json::parse(world.introspect(token).body)["active"] == true);
  CHECK(world.count_kind("introspections_counted") == 3);
}
