// What a pass hangs on besides its own binding: the client's certificate, and the card that approved it.
#include "rp/activation/approval.h"
#include "rp/store/sign_in.h"
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// The answer of /token to a client with a certificate that proves a key for its pass.
std::string pass_by_key(KeyWorld& world) {
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  const auto response = world.send({http::Origin::facility,
                                    "/token",
                                    {{"client_id", "ehr-1"},
                                     {"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                     {"device_code", asked["device_code"]}},
                                    world.dpop.proof("POST", "https://localhost:8445/token", world.clock.now()),
                                    world.ehr.certificate});
  INFO(response.body);
  REQUIRE(response.status == 200);
  return Json::parse(response.body)["access_token"];
}

std::string reason(KeyWorld& world, const std::string& token, Parameters parameters = {}) {
  const auto response = world.introspect(token, std::move(parameters));
  return Json::parse(response.body)["active"] == true ? "active" : response.cause;
}

// A session as a card log-in for this browser's request leaves it.
void log_in(KeyWorld& world, AuthorizeBrowser& browser, const std::string& method = "card") {
  store::Session session;
  session.purpose = "authorize:" + browser.id;
  session.method = method;
  browser.session = std::string(activation::page_session_cookie) + "=" + world.begin_session(world.doctor, session);
}

std::string redeem(AuthorizeBrowser& browser) {
  const auto response = browser.redeem(parameter_of(browser.call("finish")["location"], "code"));
  INFO(response.body);
  REQUIRE(response.status == 200);
  return Json::parse(response.body)["access_token"];
}

}  // namespace

TEST_CASE("defect: a pass fetched with DPoP outlived the certificate by which its client was known") {
  KeyWorld world;
  const std::string token = pass_by_key(world);
  CHECK(reason(world, token) == "active");
  const auto live = world.store->read<std::vector<store::IssuedPass>>([&](tegata::store::Reader& reader) {
    return store::live_passes_of_certificate(reader, sha256(*world.ehr.certificate), world.clock.now());
  });
  REQUIRE(live);
  REQUIRE(live->size() == 1);
  CHECK(live->front().dpop);
  auto certificate = world.certificate_of(world.ehr);
  certificate.active = false;
  world.put(certificate);
  CHECK(reason(world, token) == "activation_pass_not_active");
}

TEST_CASE("defect: where any certificate of the facility serves, one served for a pass that is bound to a key") {
  KeyWorld world;
  world.facility.any_active_certificate = true;
  world.put(world.facility);
  const std::string token = pass_by_key(world);
  const Parameters shown = {{"presented_x5t_s256", base64url(sha256(*world.ehr.certificate))}};
  CHECK(reason(world, token, shown) == "activation_presented_certificate_mismatch");
  CHECK(reason(world, token) == "active");
}

TEST_CASE("defect: what a card approved did not know the card, and its auth_time was the moment of the approval") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  REQUIRE(browser.open({}).status == 303);
  log_in(world, browser);
  const Instant proved = world.clock.now();
  world.clock.advance(40s);
  REQUIRE(browser.call("card")["state"] == "approved");
  const std::string token = redeem(browser);
  CHECK(Json::parse(world.introspect(token).body)["auth_time"] == unix_seconds(proved));
  CHECK(world.end_card(world.doctor).passes == 1);
  CHECK(reason(world, token) == "activation_pass_not_active");
}

TEST_CASE("defect: with phones that outlive their card, what the card itself had approved outlived it too") {
  KeyWorld world;
  AuthorizeBrowser approved(world), open(world);
  REQUIRE(approved.open({}).status == 303);
  log_in(world, approved);
  REQUIRE(approved.call("card")["state"] == "approved");
  REQUIRE(open.open({}).status == 303);
  log_in(world, open);
  Phone phone = world.enrolled_phone(world.doctor);
  const auto ended = world.end_card(world.doctor, store::Reach::without_phones);
  CHECK(ended.requests == 1);
  CHECK(ended.sessions == 1);
  CHECK(ended.phones.empty());
  CHECK(parameter_of(approved.call("finish")["location"], "error") == "access_denied");
  CHECK(open.refusal("card") == "activation_card_missing");
  CHECK(world.approve(phone, world.ask()).status == 200);
}
