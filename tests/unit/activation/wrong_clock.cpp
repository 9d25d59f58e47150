// What takes away works under any clock, from the first check of its request on; what gives is refused with the reason.
#include "rp/store/sign_in.h"
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;
using handoff::State;

namespace {

const std::chrono::milliseconds wrong_steps[] = {-24h, 24h};

std::string code_of_step(std::chrono::milliseconds by) { return by < 0ms ? "store_clock_behind" : "store_clock_ahead"; }

store::IssuedPass kept_pass(World& world, const std::string& token) {
  const auto jws = token.substr(token.find('.') + 1);
  const auto payload = parse_base64url(jws.substr(0, jws.find('.')));
  REQUIRE(payload);
  const std::string jti = Json::parse(as_text(*payload))["jti"];
  const auto pass =
      world.store->read<std::optional<store::IssuedPass>>([&](store::Reader& r) { return store::find_pass(r, jti); });
  REQUIRE((pass && *pass));
  return **pass;
}

// Why a pass is over, by the database; empty while it counts.
std::string revoked_why(World& world, const std::string& token) {
  const auto pass = kept_pass(world, token);
  return pass.revoked_at ? pass.revoked_why : "";
}

State state_of(World& world, const std::string& id) {
  const auto found =
      world.store->read<std::optional<store::Handoff>>([&](store::Reader& r) { return store::find_handoff(r, id); });
  REQUIRE((found && *found));
  return (*found)->state;
}

std::string id_of(World& world, const Json& asked) {
  const Digest digest = sha256(asked["device_code"].get<std::string>());
  const auto found = world.store->read<std::optional<store::Handoff>>(
      [&](store::Reader& r) { return store::find_activation_by_device_code(r, digest); });
  REQUIRE((found && *found));
  return (*found)->id;
}

Phone page_of_doctor(World& world) {
  store::Session session;
  session.purpose = "devices";
  session.method = "card";
  return {sandbox::authenticator::Authenticator::make(world.random),
          {{"__Host-tegata-session", world.begin_session(world.doctor, session)}}};
}

}  // namespace

TEST_CASE("defect: an EHR could not end its pass, nor its request, while the clock was wrong") {
  for (const auto by : wrong_steps) {
    World world;
    Phone phone = world.enrolled_phone(world.doctor);
    const std::string token = world.whole_activation(phone)["access_token"];
    const Json asked = world.ask();
    world.clock.advance(1h);
    world.clock.step(by);
    INFO(code_of_step(by));
    CHECK(world.post_form(world.ehr, "/revoke", {{"token", token}}).status == 200);
    CHECK(revoked_why(world, token) == "revoked_by_client");
    const std::string id = id_of(world, asked);
    CHECK(world.post_form(world.ehr, "/revoke", {{"token", asked["device_code"]}}).status == 200);
    CHECK(state_of(world, id) == State::cancelled);
    for (const char* path : {"/device_authorization", "/token", "/introspect", "/par", "/backchannel"}) {
      const auto refused = world.post_form(world.ehr, path, {{"token", token}});
      INFO(path);
      CHECK(refused.status == 503);
      CHECK(refused.cause == code_of_step(by));
    }
  }
}

TEST_CASE("defect: a client with a key could not end its pass while the clock was wrong") {
  for (const auto by : wrong_steps) {
    KeyWorld world;
    AuthorizeBrowser browser(world);
    Phone phone = world.enrolled_phone(world.doctor);
    REQUIRE(browser.open({}).status == 303);
    browser.approve_here(phone);
    const std::string code = parameter_of(browser.call("finish")["location"], "code");
    const auto redeemed = world.send_signed("/token", {{"grant_type", "authorization_code"},
                                                       {"code", code},
                                                       {"redirect_uri", callback},
                                                       {"code_verifier", browser.verifier}});
    INFO(redeemed.body);
    REQUIRE(redeemed.status == 200);
    const std::string token = Json::parse(redeemed.body)["access_token"];
    // Nobody wrote anything for an hour; the client's clock is right.
    world.clock.advance(1h);
    const auto form = world.signed_form({{"token", token}});
    const auto stale = world.signed_form({{"token", token}}, {{"exp", unix_seconds(world.clock.now()) - 61}});
    world.clock.step(by);
    const auto refused = world.send({http::Origin::public_pages, "/revoke", stale});
    CHECK(refused.status == 401);
    CHECK(refused.cause == "activation_assertion_refused");
    CHECK(revoked_why(world, token) == "");
    CHECK(world.send({http::Origin::public_pages, "/revoke", form}).status == 200);
    CHECK(revoked_why(world, token) == "revoked_by_client");
    // Once, as ever.
    CHECK(world.send({http::Origin::public_pages, "/revoke", form}).cause == "activation_assertion_replayed");
    world.clock.step(-by);
    CHECK(world.send({http::Origin::public_pages, "/revoke", form}).cause == "activation_assertion_replayed");
  }
}

TEST_CASE("defect: a person saw no pass to end while the clock was wrong") {
  for (const auto by : wrong_steps) {
    World world;
    Phone phone = world.enrolled_phone(world.doctor);
    const std::string token = world.whole_activation(phone)["access_token"];
    const Json asked = world.ask();
    REQUIRE(world.approve(phone, asked).status == 200);
    Phone page = page_of_doctor(world);
    world.clock.step(by);
    const Json by_phone = {{"token", World::scan_token(asked)}};
    for (auto& [who, proof] : {std::pair{&phone, by_phone}, std::pair{&page, Json::object()}}) {
      const auto listed = world.post_page(*who, "passes", proof);
      INFO(listed.body);
      REQUIRE(listed.status == 200);
      const Json passes = Json::parse(listed.body)["passes"];
      REQUIRE_FALSE(passes.empty());
      Json call = proof;
      call["pass"] = passes.back()["pass"];
      CHECK(world.post_page(*who, "end_pass", call).status == 200);
    }
    CHECK(revoked_why(world, token) == "revoked_by_person");
    CHECK(state_of(world, id_of(world, asked)) == State::cancelled);
  }
}

TEST_CASE("defect: a request that was to be declined was shown as over while the clock was ahead") {
  for (const auto by : wrong_steps) {
    KeyWorld world;
    AuthorizeBrowser browser(world);
    Phone phone = world.enrolled_phone(world.doctor);
    const Json asked = world.ask();
    REQUIRE(world.scan(phone, asked).status == 200);
    REQUIRE(browser.open({}).status == 303);
    world.clock.step(by);
    const Json named = {{"token", World::scan_token(asked)}};
    CHECK(Json::parse(world.post_page(phone, "status", named).body)["state"] == "scanned");
    CHECK(world.post_page(phone, "decline", named).status == 200);
    CHECK(state_of(world, id_of(world, asked)) == State::denied);
    const Json looked = browser.call("look");
    CHECK(looked["state"] == "scanned");
    CHECK(looked["now"] < looked["expires_at"]);
    CHECK(browser.post("decline").status == 200);
    CHECK(state_of(world, browser.id) == State::denied);
  }
}

TEST_CASE("a session that is found under a wrong clock approves nothing") {
  for (const auto by : wrong_steps) {
    KeyWorld world;
    AuthorizeBrowser browser(world);
    REQUIRE(browser.open({}).status == 303);
    store::Session session;
    session.purpose = "authorize:" + browser.id;
    session.method = "card";
    browser.session = "__Host-tegata-session=" + world.begin_session(world.doctor, session);
    world.clock.step(by);
    for (const char* what : {"options", "card", "finish"}) {
      const auto refused = browser.post(what);
      INFO(what << " " << refused.body);
      CHECK(refused.status == 503);
      CHECK(refused.cause == code_of_step(by));
    }
    world.clock.step(-by);
    CHECK(state_of(world, browser.id) == State::created);
    CHECK(browser.call("card")["state"] == "approved");
  }
}

TEST_CASE(
    "under a clock that is behind nothing lives longer: proofs, sessions and certificates that are over stay so") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.whole_activation(phone)["access_token"];
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  Phone page = page_of_doctor(world);
  const auto now = world.clock.now();
  world.put(store::ClientCertificate{sha256(*world.ehr.certificate), "ehr-1", now - 24h, now + 10min, true});
  SECTION("a commit knows it") {
    world.clock.advance(15min);
    world.put(world.facility);
  }
  SECTION("the monotonic clock knows it") { world.clock.advance(15min); }
  world.clock.step(-24h);
  const Json by_phone = {{"token", World::scan_token(asked)}};
  CHECK(world.post_page(phone, "passes", by_phone).cause == "activation_not_owner");
  CHECK(world.post_page(page, "passes", Json::object()).cause == "activation_not_owner");
  for (auto& [who, proof] : {std::pair{&phone, by_phone}, std::pair{&page, Json::object()}}) {
    Json call = proof;
    call["pass"] = kept_pass(world, token).handoff_id;
    CHECK(world.post_page(*who, "end_pass", call).cause == "activation_not_owner");
  }
  CHECK(revoked_why(world, token) == "");
  const auto refused = world.post_form(world.ehr, "/revoke", {{"token", token}});
  CHECK(refused.status == 401);
  CHECK(refused.cause == "activation_client_certificate_expired");
}
