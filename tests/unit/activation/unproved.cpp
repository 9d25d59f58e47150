// What a stranger can do at /authorize with a client_id and a registered redirect_uri, and what only the client can.
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// The same endpoints, with two starts in a minute for each facility.
void allow_two_starts(KeyWorld& world) {
  activation::Settings settings;
  settings.issuer = World::origin;
  settings.facility_origin = "https://localhost:8445";
  settings.most_starts_per_minute = 2;
  world.router = http::Router();
  activation::Services services{*world.store, world.clock, world.random, world.keys, settings};
  services.browsers = world.browsers;
  activation::add_routes(world.router, services);
  world.clock.set(std::chrono::ceil<std::chrono::minutes>(world.clock.now() + 1ms));
}

std::string sent_back(const http::Response& response) { return parameter_of(header_of(response, "Location"), "error"); }

}  // namespace

TEST_CASE("defect: a stranger's /authorize cancelled what a terminal had open, and wrote on the page as the facility") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"terminal_id", "t1"}});
  REQUIRE(world.approve(phone, asked).status == 200);
  AuthorizeBrowser stranger(world);
  REQUIRE(
      stranger.open({{"client_id", "ehr-1"}, {"terminal_id", "t1"}, {"terminal_name", "Call 03-0000-0000"}}).status ==
      303);
  CHECK(stranger.call("look")["terminal_name"] == "");
  CHECK(world.count_kind("activation_cancelled") == 0);
  CHECK(world.poll(asked).status == 200);
}

TEST_CASE("a pushed request keeps its terminal, and takes the place of that terminal's last") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  for (int i = 0; i < 2; ++i) {
    const std::string uri =
        Json::parse(browser.push({{"terminal_id", "t1"}, {"terminal_name", "端末1"}}).body)["request_uri"];
    REQUIRE(browser.open_with({{"client_id", world.key_client}, {"request_uri", uri}}).status == 303);
  }
  CHECK(browser.call("look")["terminal_name"] == "端末1");
  CHECK(world.count_kind("activation_cancelled") == 1);
  CHECK(world.last_code().empty());
}

TEST_CASE("defect: four anonymous /authorize with a doctor's number evicted that doctor's real requests") {
  KeyWorld world;
  std::vector<Json> real;
  for (int i = 0; i < 2; ++i) real.push_back(world.ask({{"login_hint", world.doctor.id}}));
  AuthorizeBrowser pushed(world), stranger(world);
  const std::string uri = Json::parse(pushed.push({{"login_hint", world.doctor.id}}).body)["request_uri"];
  REQUIRE(pushed.open_with({{"client_id", world.key_client}, {"request_uri", uri}}).status == 303);
  for (int i = 0; i < 4; ++i) REQUIRE(stranger.open({{"login_hint", world.doctor.id}}).status == 303);
  CHECK(world.count_kind("activation_cancelled") == 1);  // the stranger's own first
  for (const Json& asked : real) CHECK(error_of(world.poll(asked)) == "authorization_pending");
  CHECK(pushed.call("look")["state"] == "scanned");
  // Nor do those that lie there push out anything when the doctor asks again.
  const Json next = world.ask({{"login_hint", world.doctor.id}});
  CHECK(world.count_kind("activation_cancelled") == 2);
  CHECK(error_of(world.poll(real[0])) == "invalid_grant");
  CHECK(error_of(world.poll(next)) == "authorization_pending");
}

TEST_CASE("defect: anonymous /authorize used up the facility's quota, and told the client slow_down") {
  KeyWorld world;
  allow_two_starts(world);
  AuthorizeBrowser stranger(world);
  for (int i = 0; i < 2; ++i) CHECK(sent_back(stranger.open({})).empty());
  const auto refused = stranger.open({});
  CHECK(header_of(refused, "Location").starts_with(callback));
  CHECK(sent_back(refused) == "temporarily_unavailable");
  CHECK(world.last_code() == "activation_start_quota");
  for (int i = 0; i < 2; ++i)
    CHECK(world.post_form(world.ehr, "/device_authorization", {{"scope", "openid"}}).status == 200);
  CHECK(world.post_form(world.ehr, "/device_authorization", {{"scope", "openid"}}).status == 429);
  world.clock.advance(1min);
  CHECK(sent_back(stranger.open({})).empty());
}

TEST_CASE("defect: strangers at many addresses used up what a facility's browsers may begin, for known ones too") {
  KeyWorld world;
  Phone key = world.enrolled_phone(world.doctor);
  AuthorizeBrowser known(world), stranger(world);
  REQUIRE(known.open({}).status == 303);
  known.approve_here(key);
  allow_two_starts(world);
  for (int i = 0; i < 2; ++i) CHECK(sent_back(stranger.open({})).empty());
  CHECK(sent_back(stranger.open({})) == "temporarily_unavailable");
  CHECK(world.last_code() == "activation_start_quota");
  CHECK(sent_back(known.open({})).empty());
}

TEST_CASE("defect: one address could begin any number of requests at /authorize, each a row and a record") {
  KeyWorld world;
  AuthorizeBrowser stranger(world);
  for (int i = 0; i < 60; ++i) REQUIRE(sent_back(stranger.open({})).empty());
  CHECK(sent_back(stranger.open({})) == "temporarily_unavailable");
  CHECK(world.last_code() == "activation_too_many");
  CHECK(world.count_kind("activation_requested") == 25);  // a sample, and one record of the rest
  const std::string uri = Json::parse(stranger.push({}).body)["request_uri"];
  CHECK(sent_back(stranger.open_with({{"client_id", world.key_client}, {"request_uri", uri}})).empty());
  world.clock.advance(1s);
  CHECK(sent_back(stranger.open({})).empty());
  CHECK(sent_back(stranger.open({})) == "temporarily_unavailable");
}

TEST_CASE("defect: the page of any site used up what its visitor's address may begin at /authorize") {
  KeyWorld world;
  AuthorizeBrowser visitor(world);
  for (const auto& [mode, dest] : {std::pair("no-cors", "image"), {"navigate", "iframe"}, {"cors", "empty"}}) {
    visitor.fetch_metadata = {{"sec-fetch-mode", mode}, {"sec-fetch-dest", dest}, {"sec-fetch-site", "cross-site"}};
    for (int i = 0; i < 70; ++i) {
      const auto refused = visitor.open({});
      CHECK(refused.status == 400);
      CHECK(refused.cause == "http_cross_site");
    }
  }
  CHECK(world.count_kind("activation_requested") == 0);
  visitor.fetch_metadata = {
      {"sec-fetch-mode", "navigate"}, {"sec-fetch-dest", "document"}, {"sec-fetch-site", "cross-site"}};
  CHECK(sent_back(visitor.open({})).empty());
}

TEST_CASE("defect: one insider locked out all behind his address, at /authorize too") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor), key = world.enrolled_phone(world.doctor);
  AuthorizeBrowser by_key(world), by_phone(world), insider(world), newcomer(world);
  REQUIRE(by_key.open({}).status == 303);
  by_key.approve_here(key);
  REQUIRE(by_phone.open({}).status == 303);
  const Json asked = {{"verification_uri_complete", "#t=" + by_phone.scan_token()},
                      {"number", by_phone.call("phone")["number"]}};
  REQUIRE(world.approve(phone, asked).status == 200);
  REQUIRE(by_phone.post("finish").status == 200);
  while (sent_back(insider.open({})).empty()) {
  }
  CHECK(world.last_code() == "activation_too_many");
  CHECK(sent_back(newcomer.open({})) == "temporarily_unavailable");
  CHECK(sent_back(by_key.open({})).empty());
  CHECK(sent_back(by_phone.open({})).empty());
  // Both are the same person's, who has twenty in a minute.
  int begun = 2;
  while (sent_back(by_phone.open({})).empty()) ++begun;
  CHECK(begun == 20);
}

TEST_CASE("defect: whoever was shown a request could ask for challenges without end, each one a record") {
  KeyWorld world;
  AuthorizeBrowser stranger(world);
  REQUIRE(stranger.open({}).status == 303);
  for (int i = 0; i < 300; ++i) REQUIRE(stranger.post("options").status == 200);
  const auto refused = stranger.post("options");
  CHECK(refused.status == 429);
  CHECK(header_of(refused, "Retry-After") == "1");
  CHECK(world.last_code() == "activation_too_many");
  CHECK(world.count_kind("activation_key_asked") == 25);
  world.clock.advance(1s);
  CHECK(stranger.post("options").status == 200);
}

TEST_CASE("defect: a phone could scan the same code again without end; a first scan is never too many") {
  KeyWorld world;
  Phone phone{tegata::sandbox::authenticator::Authenticator::make(world.random), {}};
  const Json asked = world.ask();
  for (int i = 0; i < 301; ++i) REQUIRE(world.scan(phone, asked).status == 200);
  CHECK(world.scan(phone, asked).status == 429);
  CHECK(world.last_code() == "activation_too_many");
  CHECK(world.count_kind("activation_rescanned") == 25);
  CHECK(world.scan(phone, world.ask()).status == 200);
}

TEST_CASE("defect: what strangers asked for at /authorize and nobody approved was kept for a year") {
  KeyWorld world;
  AuthorizeBrowser stranger(world), pushed(world);
  const auto id_of = [](const http::Response& sent) {
    const std::string where = header_of(sent, "Location");
    return where.substr(where.find("#x=") + 3);
  };
  const auto is_there = [&](const std::string& id) {
    return world.store
        ->read<std::optional<store::Handoff>>(
            [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); })
        ->has_value();
  };
  const auto stranger_id = id_of(stranger.open({}));
  const std::string uri = Json::parse(pushed.push({}).body)["request_uri"];
  const auto pushed_id = id_of(pushed.open_with({{"client_id", world.key_client}, {"request_uri", uri}}));
  world.clock.advance(15min - 1ms);
  REQUIRE(sent_back(stranger.open({})).empty());
  CHECK(is_there(stranger_id));
  world.clock.advance(1ms);
  REQUIRE(sent_back(stranger.open({})).empty());
  CHECK(!is_there(stranger_id));
  CHECK(is_there(pushed_id));
}

TEST_CASE("defect: a scope was split at tabs and line ends, and so the pass had them") {
  KeyWorld world;
  AuthorizeBrowser browser(world);
  CHECK(sent_back(browser.open({{"scope", "openid\thpki.sign"}})) == "invalid_request");
  CHECK(world.last_code() == "activation_request_malformed");
  for (const char* scope : {"openid  hpki.sign", " openid", "openid "}) {
    CHECK(sent_back(browser.open({{"scope", scope}})) == "invalid_scope");
    CHECK(world.last_code() == "activation_scope_not_allowed");
  }
}
