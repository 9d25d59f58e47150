#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

const std::string inactive = R"({"active":false})";

// How the EHR finds its request afterwards.
std::string end_of(World& world, const Json& asked) {
  world.clock.advance(3s);
  return error_of(world.poll(asked));
}

}  // namespace

TEST_CASE("clients that are not known by their certificate get 401 invalid_client, each cause its own code") {
  World world;
  const auto ask_as = [&](const Party& party) {
    const auto response = world.post_form(party, "/device_authorization", {{"scope", "openid hpki.sign"}});
    CHECK(response.status == 401);
    CHECK(response.body == R"({"error":"invalid_client"})");
    CHECK(response.headers.find("Cache-Control")->second == "no-store");
    return world.last_code();
  };
  CHECK(ask_as({"ehr-1", std::nullopt}) == "activation_client_certificate_missing");
  CHECK(ask_as({"ehr-1", certificate_named("nobody")}) == "activation_client_certificate_unknown");
  CHECK(ask_as({"ehr-2", world.ehr.certificate}) == "activation_client_id_mismatch");
  CHECK(ask_as({"", world.ehr.certificate}) == "activation_client_id_mismatch");

  auto certificate = world.certificate_of(world.ehr);
  certificate.active = false;
  world.put(certificate);
  CHECK(ask_as(world.ehr) == "activation_client_certificate_inactive");
  certificate.active = true;
  certificate.not_after = world.clock.now();
  world.put(certificate);
  CHECK(ask_as(world.ehr) == "activation_client_certificate_expired");
  certificate.not_after = world.clock.now() + 1h;
  world.put(certificate);
  auto facility = world.facility;
  facility.active = false;
  world.put(facility);
  CHECK(ask_as(world.ehr) == "activation_facility_inactive");
  facility.active = true;
  world.put(facility);
  world.change([&](store::Transaction& t) {
    return store::put_client(t, {"ehr-1", "1312345678", false, false, {"openid"}, {World::audience}});
  });
  CHECK(ask_as(world.ehr) == "activation_client_inactive");
}

TEST_CASE("what may not be asked for") {
  World world;
  const auto refusal = [&](Parameters parameters, const Party& party) {
    parameters.try_emplace("scope", "openid hpki.sign");
    const auto response = world.post_form(party, "/device_authorization", parameters);
    CHECK(response.status >= 400);
    return error_of(response) + " " + world.last_code();
  };
  CHECK(refusal({{"scope", "openid everything"}}, world.ehr) == "invalid_scope activation_scope_not_allowed");
  CHECK(refusal({{"scope", "openid openid"}}, world.ehr) == "invalid_scope activation_scope_not_allowed");
  CHECK(refusal({{"scope", ""}}, world.ehr) == "invalid_scope activation_scope_not_allowed");
  CHECK(refusal({{"resource", "https://elsewhere.example"}}, world.ehr) ==
        "invalid_target activation_target_not_allowed");
  CHECK(refusal({{"login_hint", "a b"}}, world.ehr) == "invalid_request activation_request_malformed");
  CHECK(refusal({{"terminal_name", "\xff"}}, world.ehr) == "invalid_request http_form_malformed");
  CHECK(refusal({{"terminal_name", "a\nb"}}, world.ehr) == "invalid_request activation_request_malformed");
  CHECK(refusal({}, world.service) == "unauthorized_client activation_client_not_allowed");
}

TEST_CASE("token requests that name no code of this client") {
  World world;
  const Json asked = world.ask();
  const auto refusal = [&](const Party& party, const Parameters& parameters) {
    const auto response = world.post_form(party, "/token", parameters);
    CHECK(response.status == 400);
    return error_of(response) + " " + world.last_code();
  };
  const std::string grant = "urn:ietf:params:oauth:grant-type:device_code";
  CHECK(refusal(world.ehr, {{"grant_type", grant}, {"device_code", "unknown"}}) ==
        "invalid_grant activation_code_unknown");
  CHECK(refusal(world.ehr, {{"grant_type", "password"}}) == "unsupported_grant_type activation_grant_type_unsupported");
  CHECK(refusal(world.ehr, {{"grant_type", grant}}) == "invalid_request activation_request_malformed");
  CHECK(refusal(world.other_ehr, {{"grant_type", grant}, {"device_code", asked["device_code"]}}) ==
        "invalid_grant activation_code_of_another_client");
  CHECK(refusal(world.ehr_second_certificate, {{"grant_type", grant}, {"device_code", asked["device_code"]}}) ==
        "invalid_grant activation_code_of_another_client");
  CHECK(error_of(world.poll(asked)) == "authorization_pending");
}

TEST_CASE("a redeemed code in other hands ends the pass and is an alarm") {
  for (const bool same_client : {true, false}) {
    World world;
    Phone phone = world.enrolled_phone(world.doctor);
    const Json asked = world.ask();
    REQUIRE(world.approve(phone, asked).status == 200);
    const std::string token = Json::parse(world.poll(asked).body)["access_token"];
    CHECK(error_of(world.poll(asked, same_client ? world.ehr_second_certificate : world.other_ehr)) == "invalid_grant");
    const auto last = world.audit().back().event;
    CHECK(last.code == "activation_redeemed_elsewhere");
    CHECK(last.details["alarm"] == true);
    CHECK(world.introspect(token).body == inactive);
    CHECK(error_of(world.poll(asked)) == "invalid_grant");
    CHECK(world.last_code() == "activation_redeemed");
  }
}

TEST_CASE("a second phone ends the request on both screens") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor), stranger = world.enrolled_phone(world.colleague);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  const auto refused = world.scan(stranger, asked);
  CHECK(refused.status == 409);
  CHECK(error_of(refused) == "activation_other_phone");
  CHECK(world.last_code() == "activation_other_phone");
  world.approve(phone, asked, context, asked["number"]);
  CHECK(world.last_code() == "activation_already_decided");
  CHECK(end_of(world, asked) == "access_denied");
}

TEST_CASE("one wrong number ends the request") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  const std::string wrong = asked["number"] == "00" ? "01" : "00";
  const auto refused = world.approve(phone, asked, context, wrong);
  CHECK(refused.status == 409);
  CHECK(error_of(refused) == "activation_wrong_number");
  CHECK(world.last_code() == "activation_wrong_number");
  world.approve(phone, asked, context, asked["number"]);
  CHECK(world.last_code() == "activation_already_decided");
  CHECK(end_of(world, asked) == "access_denied");
}

TEST_CASE("something that is no number costs nothing") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  for (const char* text : {"", "1", "123", "4x", "４７"}) {
    world.approve(phone, asked, context, text);
    CHECK(world.last_code() == "activation_number_malformed");
  }
  CHECK(world.approve(phone, asked, context, asked["number"]).status == 200);
}

TEST_CASE("declined on the phone is access_denied") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  world.scan(phone, asked);
  world.post_page(phone, "decline", {{"token", World::scan_token(asked)}});
  CHECK(end_of(world, asked) == "access_denied");
}

TEST_CASE("only the phone that scanned may approve or decline") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  Phone without_cookie{phone.authenticator, ""};
  const auto refused = world.approve(without_cookie, asked, context, asked["number"]);
  CHECK(world.last_code() == "activation_not_owner");
  CHECK(refused.status == 404);
  CHECK_FALSE(Json::parse(refused.body).contains("cause"));
  without_cookie.cookie = "__Host-tegata-activation=guess";
  world.post_page(without_cookie, "decline", {{"token", World::scan_token(asked)}});
  CHECK(world.last_code() == "activation_not_owner");
  world.scan(phone, asked);
  CHECK(world.approve(phone, asked).status == 200);
}

TEST_CASE("calls from other sites, and for requests that nobody made") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  world.post_page(phone, "scan", {{"token", World::scan_token(asked)}}, false);
  CHECK(world.last_code() == "http_cross_site");
  world.post_page(phone, "scan", {{"token", "nobody"}});
  CHECK(world.last_code() == "activation_request_unknown");
  world.post_page(phone, "scan", {{"token", 7}});
  CHECK(world.last_code() == "json_member_type");
  world.post_page(phone, "approve",
                  {{"token", World::scan_token(asked)}, {"number", "00"}, {"credential", {{"id", "!"}}}});
  CHECK(world.last_code() != "activation_approved");
  CHECK(world.scan(phone, asked).status == 200);
}

TEST_CASE("another person's phone than the one named: refused, and the request stays open") {
  World world;
  Phone phone = world.enrolled_phone(world.colleague);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  const auto refused = world.approve(phone, asked);
  CHECK(refused.status == 403);
  CHECK(error_of(refused) == "activation_other_person");
  CHECK(world.last_code() == "activation_other_person");
  CHECK(end_of(world, asked) == "authorization_pending");
}

TEST_CASE("assertions that are wrong: each its own code, the request stays open, and the right one goes through") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  using sandbox::Lie;
  const std::pair<Lie, const char*> lies[] = {{Lie::challenge, "challenge"},
                                              {Lie::origin, "origin"},
                                              {Lie::rp_id, "rp_id"},
                                              {Lie::no_uv, "user_verif"},
                                              {Lie::no_up, "user_pres"},
                                              {Lie::bogus_signature, "signature"},
                                              {Lie::type, "type"}};
  std::set<std::string> codes;
  for (const auto& [lie, word] : lies) {
    sandbox::Behaviour behaviour;
    behaviour.lie = lie;
    INFO(word);
    CHECK(world.approve(phone, asked, behaviour).status != 200);
    CHECK(world.last_code().starts_with("webauthn_"));
    codes.insert(world.last_code());
  }
  CHECK(codes.size() == std::size(lies));
  CHECK(world.approve(phone, asked).status == 200);
}

TEST_CASE("a phone that is not bound, or was removed") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Bytes id = phone.authenticator.credentials().front().id;
  world.change([&](store::Transaction& t) -> Status {
    TEGATA_ASSIGN(const bool removed, store::remove_credential(t, id, world.doctor.id));
    CHECK(removed);
    return {};
  });
  CHECK(world.approve(phone, asked).status == 403);
  CHECK(world.last_code() == "activation_credential_unknown");
}

TEST_CASE("a sign count that went back") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  sandbox::Behaviour behaviour;
  behaviour.sign_count = 50;
  REQUIRE(world.approve(phone, world.ask(), behaviour).status == 200);
  behaviour.sign_count = 50;
  world.approve(phone, world.ask(), behaviour);
  CHECK(world.last_code().starts_with("webauthn_"));
  CHECK(world.count_kind("activation_approved") == 1);
}

TEST_CASE("the strict profile takes only a key that an anchor vouches for") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  auto facility = world.facility;
  facility.profile = "strict";
  world.put(facility);
  CHECK(error_of(world.approve(phone, world.ask())) == "activation_not_device_bound");
}

TEST_CASE("time runs out") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  world.clock.advance(180s);
  world.approve(phone, asked, context, asked["number"]);
  CHECK(world.last_code() == "activation_expired");
  CHECK(error_of(world.poll(asked)) == "expired_token");
  world.scan(phone, asked);
  CHECK(world.last_code() == "activation_expired");

  const Json approved = world.ask();
  REQUIRE(world.approve(phone, approved).status == 200);
  world.clock.advance(180s);
  CHECK(error_of(world.poll(approved)) == "expired_token");
}

TEST_CASE("an approval in the last second leaves the EHR time to fetch the pass") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  world.clock.advance(179s);
  REQUIRE(world.approve(phone, asked, context, asked["number"]).status == 200);
  world.clock.advance(5s);
  CHECK(world.poll(asked).status == 200);
}

TEST_CASE("suspended between scan and approval, and between approval and redemption") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask(), approved = world.ask();
  REQUIRE(world.approve(phone, approved).status == 200);
  auto person = world.doctor;
  person.active = false;
  world.put(person);
  CHECK(error_of(world.poll(approved)) == "invalid_grant");
  CHECK(world.last_code() == "activation_practitioner_not_in_good_standing");
  CHECK(error_of(world.approve(phone, asked)) == "activation_practitioner_not_in_good_standing");
  person.active = true;
  person.second_certificate_not_after = world.clock.now();
  world.put(person);
  CHECK(error_of(world.poll(approved)) == "invalid_grant");
  CHECK(world.count_kind("pass_issued") == 0);
  world.put(world.doctor);
  CHECK(world.poll(approved).status == 200);
}

TEST_CASE("a facility that was shut between start and redemption") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  auto facility = world.facility;
  facility.active = false;
  world.put(facility);
  world.scan(phone, asked);
  CHECK(world.last_code() == "activation_requester_not_in_good_standing");
  CHECK(world.poll(asked).status == 401);
}

TEST_CASE("introspection: whatever is wrong, the answer is the same") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone)["access_token"];
  const auto refusal = [&](const http::Response& response) {
    CHECK(response.status == 200);
    CHECK(response.body == inactive);
    return world.last_code();
  };
  CHECK(refusal(world.introspect("x")) == "jws_malformed");
  CHECK(refusal(world.introspect(token + ".")) == "jws_malformed");
  CHECK(refusal(world.post_form(world.other_service, "/introspect", {{"token", token}})) ==
        "activation_pass_for_another_audience");
  CHECK(refusal(world.introspect(token, {{"presented_x5t_s256", base64url(sha256("other"))}})) ==
        "activation_presented_certificate_mismatch");
  CHECK(refusal(world.introspect(token, {{"presented_x5t_s256", "short"}})) ==
        "activation_presented_certificate_mismatch");
  const std::string right = base64url(sha256(*world.ehr.certificate));
  const std::string reissued = base64url(sha256(*world.ehr_second_certificate.certificate));
  CHECK(Json::parse(world.introspect(token, {{"presented_x5t_s256", right}}).body)["active"] == true);
  CHECK(refusal(world.introspect(token, {{"presented_x5t_s256", reissued}})) ==
        "activation_presented_certificate_mismatch");
  auto facility = world.facility;
  facility.any_active_certificate = true;
  world.put(facility);
  CHECK(Json::parse(world.introspect(token, {{"presented_x5t_s256", reissued}}).body)["active"] == true);
  CHECK(refusal(world.introspect(token, {{"presented_x5t_s256", base64url(sha256(*world.other_ehr.certificate))}})) ==
        "activation_presented_certificate_mismatch");

  auto person = world.doctor;
  person.active = false;
  world.put(person);
  CHECK(refusal(world.introspect(token)) == "activation_pass_not_active");
  person.active = true;
  world.put(person);
  world.clock.advance(18h);
  CHECK(refusal(world.introspect(token)) == "pass_expired");
}

TEST_CASE("introspection is for resource servers") {
  World world;
  CHECK(world.post_form(world.ehr, "/introspect", {{"token", "x"}}).status == 403);
  CHECK(world.last_code() == "activation_client_not_allowed");
  CHECK(world.post_form({"signer", std::nullopt}, "/introspect", {{"token", "x"}}).status == 401);
  CHECK(error_of(world.post_form(world.service, "/introspect", {})) == "invalid_request");
}

TEST_CASE("a signed pass that the store does not know is inactive") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone)["access_token"];
  Json payload = pass::verify_pass(token, *world.keys, World::origin, world.clock.now())->payload();
  payload["jti"] = "never-issued";
  CHECK(world.introspect(*pass::sign_pass(world.keys->current, payload)).body == inactive);
  CHECK(world.last_code() == "activation_pass_unknown");
}

TEST_CASE("revocation: one's own only, and 200 whatever it was") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone)["access_token"];
  CHECK(world.post_form(world.other_ehr, "/revoke", {{"token", token}}).status == 200);
  CHECK(world.last_code() == "activation_token_of_another_client");
  CHECK(Json::parse(world.introspect(token).body)["active"] == true);
  CHECK(world.post_form(world.ehr, "/revoke", {{"token", "nothing"}}).status == 200);
  CHECK(world.post_form(world.ehr, "/revoke", {{"token", token}}).status == 200);
  CHECK(world.post_form(world.ehr, "/revoke", {{"token", token}}).status == 200);
  CHECK(world.count_kind("pass_revoked") == 1);
  CHECK(world.post_form({"ehr-1", std::nullopt}, "/revoke", {{"token", token}}).status == 401);
}

TEST_CASE("revoking a pending device code cancels the request") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  world.post_form(world.other_ehr, "/revoke", {{"token", asked["device_code"]}});
  CHECK(world.last_code() == "activation_token_of_another_client");
  world.post_form(world.ehr, "/revoke", {{"token", asked["device_code"]}});
  CHECK(world.last_kind() == "activation_cancelled");
  CHECK(end_of(world, asked) == "invalid_grant");
  world.scan(phone, asked);
  CHECK(world.last_code() == "activation_request_unknown");
}

TEST_CASE("one open request per terminal, three per practitioner and facility") {
  World world;
  const Json first = world.ask({{"terminal_id", "t1"}});
  const Json second = world.ask({{"terminal_id", "t1"}});
  CHECK(end_of(world, first) == "invalid_grant");
  CHECK(end_of(world, second) == "authorization_pending");

  std::vector<Json> asked;
  for (int i = 0; i < 4; ++i) {
    asked.push_back(world.ask({{"login_hint", world.doctor.id}}));
    world.clock.advance(1s);
  }
  CHECK(end_of(world, asked[0]) == "invalid_grant");
  for (int i = 1; i < 4; ++i) CHECK(end_of(world, asked[i]) == "authorization_pending");
}

TEST_CASE("a resumed TLS session shows no certificate") {
  World world;
  http::Request request;
  request.origin = http::Origin::facility;
  request.method = "POST";
  request.path = "/device_authorization";
  request.client_certificate = world.ehr.certificate;
  request.tls_resumed = true;
  request.headers.emplace("content-type", "application/x-www-form-urlencoded");
  request.body = "client_id=ehr-1&scope=openid";
  CHECK(world.router.handle(request).status == 401);
  CHECK(world.last_code() == "activation_client_certificate_missing");
}

TEST_CASE("bodies that are no form with each name once") {
  World world;
  http::Request request;
  request.origin = http::Origin::facility;
  request.method = "POST";
  request.client_certificate = world.ehr.certificate;
  for (const char* path : {"/device_authorization", "/token", "/introspect", "/revoke"}) {
    request.path = path;
    request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
    for (const char* body : {"client_id=ehr-1&client_id=ehr-1", "client_id=%zz", "client_id=%ff"}) {
      request.body = body;
      INFO(path << " " << body);
      const auto response = world.router.handle(request);
      CHECK(response.status == 400);
      CHECK(error_of(response) == "invalid_request");
      CHECK(response.cause.starts_with("http_form_"));
    }
    request.headers = {{"content-type", "application/json"}};
    CHECK(world.router.handle(request).cause == "http_content_type");
  }
}

TEST_CASE("while the clock is behind what was committed, nothing is granted: 503 with Retry-After") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  world.clock.advance(-10s);
  for (const auto& response :
       {world.poll(asked), world.post_form(world.ehr, "/device_authorization", {{"scope", "openid"}})}) {
    CHECK(response.status == 503);
    CHECK(response.headers.count("Retry-After") == 1);
    CHECK(response.headers.find("Cache-Control")->second == "no-store");
    CHECK(response.cause == "store_clock_behind");
  }
  world.clock.advance(10s);
  CHECK(world.poll(asked).status == 200);
}
