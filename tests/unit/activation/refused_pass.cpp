// What introspection and revocation refuse.
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

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
  CHECK(world.post_form(world.ehr, "/introspect", {{"token", "x"}}).status == 400);
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

TEST_CASE("defect: a thumbprint in hexadecimal made a pass inactive, and nobody was told why") {
  World world;
  const Digest own = sha256(*world.ehr.certificate);
  for (const std::string& wrong : {hex(own), base64(own), std::string("short")}) {
    INFO(wrong);
    const auto response = world.introspect("x.y.z", {{"presented_x5t_s256", wrong}});
    CHECK(response.status == 400);
    CHECK(response.cause == "activation_request_malformed");
    const Json body = Json::parse(response.body);
    CHECK(body.value("error", "") == "invalid_request");
    CHECK(body.value("error_description", "").find("base64url") != std::string::npos);
  }
}

TEST_CASE("defect: a pass was active where the service had named a certificate and sent none") {
  World world;
  const auto response = world.introspect("x.y.z", {{"presented_x5t_s256", ""}});
  CHECK(response.status == 400);
  CHECK(response.cause == "activation_request_malformed");
}
