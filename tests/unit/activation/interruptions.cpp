// What an operator or an owner takes away between start, scan, approval and redemption, for each of the three grants:
// no step relies on what an earlier one asked.
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// The steps of one grant after its start; each answers what that party got.
struct Grant {
  std::function<http::Response()> scan, approve, redeem;
};
using Begin = Grant (*)(KeyWorld&, Phone&, AuthorizeBrowser&);

Json shown(const http::Response& response) {
  INFO(response.body);
  REQUIRE(response.status == 200);
  return Json::parse(response.body);
}

// By QR and number on the phone, fetched by a client with a certificate.
Grant on_the_phone(KeyWorld& world, Phone& phone, const Json& link, Parameters fetch) {
  const auto opened = std::make_shared<Json>();
  return {[&world, &phone, link, opened] {
            const auto response = world.scan(phone, link);
            if (response.status == 200) *opened = Json::parse(response.body);
            return response;
          },
          [&world, &phone, link, opened] { return world.approve(phone, link, *opened, link["number"]); },
          [&world, fetch] { return world.post_form(world.ehr, "/token", fetch); }};
}

Grant device(KeyWorld& world, Phone& phone, AuthorizeBrowser&) {
  const Json asked = world.ask();
  return on_the_phone(
      world, phone, asked,
      {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"}, {"device_code", asked["device_code"]}});
}

Grant ciba(KeyWorld& world, Phone& phone, AuthorizeBrowser&) {
  const Json asked = shown(
      world.post_form(world.ehr, "/backchannel", {{"scope", "openid hpki.sign"}, {"login_hint", world.doctor.id}}));
  return on_the_phone(world, phone, {{"verification_uri_complete", asked["deep_link"]}, {"number", asked["number"]}},
                      {{"grant_type", "urn:openid:params:grant-type:ciba"}, {"auth_req_id", asked["auth_req_id"]}});
}

// By passkey in the browser, fetched by a client with a key. The browser goes back with its code at once.
Grant code(KeyWorld& world, Phone& phone, AuthorizeBrowser& browser) {
  REQUIRE(browser.open({}).status == 303);
  const auto opened = std::make_shared<Json>(), went_back = std::make_shared<Json>();
  return {[&browser, opened] {
            const auto response = browser.post("options");
            if (response.status == 200) *opened = Json::parse(response.body);
            return response;
          },
          [&world, &phone, &browser, opened, went_back] {
            const auto assertion = phone.authenticator.get((*opened)["publicKey"], World::origin, {}, world.random);
            REQUIRE(assertion);
            const auto approved = browser.post("passkey", {{"credential", *assertion}});
            if (approved.status == 200) *went_back = browser.call("finish");
            return approved;
          },
          [&browser, went_back] { return browser.redeem(parameter_of((*went_back)["location"], "code")); }};
}

using Change = void (*)(KeyWorld&, const Phone&);

void suspend_person(KeyWorld& world, const Phone&) {
  auto person = world.doctor;
  person.active = false;
  world.put(person);
}
void end_second_certificate(KeyWorld& world, const Phone&) {
  auto person = world.doctor;
  person.second_certificate_not_after = world.clock.now();
  world.put(person);
}
void remove_phone_of(KeyWorld& world, const Phone& phone) {
  const Bytes id = phone.authenticator.credentials().front().id;
  world.change([&](store::Transaction& t) -> Status {
    TEGATA_ASSIGN(const bool removed, store::remove_credential(t, id, world.doctor.id));
    CHECK(removed);
    return {};
  });
}
void suspend_facility(KeyWorld& world, const Phone&) {
  auto facility = world.facility;
  facility.active = false;
  world.put(facility);
}
void suspend_clients(KeyWorld& world, const Phone&) {
  for (const std::string& id : {world.ehr.client_id, world.key_client}) {
    world.change([&](store::Transaction& t) -> Status {
      TEGATA_ASSIGN(auto client, store::find_client(t, id));
      client->active = false;
      return store::put_client(t, *client);
    });
  }
}
void revoke_certificate(KeyWorld& world, const Phone&) {
  auto certificate = world.certificate_of(world.ehr);
  certificate.active = false;
  world.put(certificate);
}

// The first step that is refused, and why.
std::string refusal_of(Begin begin, Change change, int after) {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world);
  const Grant grant = begin(world, phone, browser);
  const std::pair<const char*, const std::function<http::Response()>*> steps[] = {
      {"scan", &grant.scan}, {"approval", &grant.approve}, {"redemption", &grant.redeem}};
  for (int step = 0; step < 3; ++step) {
    if (step == after) change(world, phone);
    const auto response = (*steps[step].second)();
    if (response.status == 200) continue;
    CHECK(response.cause == world.last_code());
    CHECK(world.count_kind("pass_issued") == 0);
    return std::string(steps[step].first) + ": " + response.cause;
  }
  return "a pass";
}

void nothing(KeyWorld&, const Phone&) {}

struct Row {
  const char* what;
  Change change;
  const char* expected[3];  // where it happens after the start, the scan, the approval
};

void check_rows(Begin begin, const std::vector<Row>& rows) {
  CHECK(refusal_of(begin, nothing, 0) == "a pass");
  for (const Row& row : rows) {
    for (int after = 0; after < 3; ++after) {
      INFO(row.what << ", after step " << after);
      CHECK(refusal_of(begin, row.change, after) == row.expected[after]);
    }
  }
}

#define PERSON "activation_practitioner_not_in_good_standing"
#define REQUESTER "activation_requester_not_in_good_standing"

// A client that has a certificate: at the redemption its own standing is asked first.
const std::vector<Row> rows_with_certificate = {
    {"the person is suspended", suspend_person, {"approval: " PERSON, "approval: " PERSON, "redemption: " PERSON}},
    {"the second certificate ends",
     end_second_certificate,
     {"approval: " PERSON, "approval: " PERSON, "redemption: " PERSON}},
    {"the phone is removed",
     remove_phone_of,
     {"approval: activation_credential_unknown", "approval: activation_credential_unknown",
      "redemption: activation_credential_removed"}},
    {"the facility is suspended",
     suspend_facility,
     {"scan: " REQUESTER, "approval: " REQUESTER, "redemption: activation_facility_inactive"}},
    {"the client is suspended",
     suspend_clients,
     {"scan: " REQUESTER, "approval: " REQUESTER, "redemption: activation_client_inactive"}},
    {"the certificate is revoked",
     revoke_certificate,
     {"scan: " REQUESTER, "approval: " REQUESTER, "redemption: activation_client_certificate_inactive"}},
};

}  // namespace

TEST_CASE("defect of others: the device grant asked for standing at one step alone") {
  check_rows(device, rows_with_certificate);
}

TEST_CASE("defect of others: CIBA asked for standing at one step alone") { check_rows(ciba, rows_with_certificate); }

TEST_CASE("defect of others: the authorization code asked for standing at one step alone") {
  auto rows = rows_with_certificate;
  rows.pop_back();  // its client has no certificate
  // Its options are a challenge and name nobody: standing is asked with the proof.
  rows[3].expected[0] = rows[4].expected[0] = "approval: " REQUESTER;
  check_rows(code, rows);
}
