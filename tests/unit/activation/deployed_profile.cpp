// The national system's profile as deployed: FIDO, HPKI and JPKI, where it is configured; and nothing of it elsewhere.
#include "rp/activation/deployed_profile.h"

#include "rp/activation/approval.h"
#include "rp/store/sign_in.h"
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

namespace {

constexpr const char* in_the_clear = "http://hpkicardless-clientadapter-server:3000/authfido/callback";

class DeployedWorld : public KeyWorld {
 public:
  activation::Settings settings;
  AuthorizeBrowser browser{*this};

  DeployedWorld() {
    settings.issuer = origin;
    settings.facility_origin = "https://localhost:8445";
    settings.rp_id = "localhost";
    settings.origins = {origin};
    settings.deployed = {"1312345678", in_the_clear, audience};
    REQUIRE(activation::put_deployed_clients(*store, settings.deployed));
    use();
  }
  // The server begins anew with these settings.
  void use() {
    router = http::Router();
    activation::add_routes(router, activation::Services{*store, clock, random, keys, settings});
  }
  http::Response open(const std::string& client, Parameters changes = {}) {
    changes.emplace("client_id", client);
    changes.emplace("redirect_uri", in_the_clear);
    changes.emplace("scope", "openid");
    return browser.open(std::move(changes));
  }
  http::Response send_plain(const std::string& path, const Parameters& form, Parameters headers = {}) {
    return send({http::Origin::public_pages, path, form, std::nullopt, std::nullopt, std::move(headers)});
  }
  http::Response redeem(const std::string& client, const std::string& code) {
    return send_plain("/token", {{"client_id", client},
                                 {"grant_type", "authorization_code"},
                                 {"code", code},
                                 {"redirect_uri", in_the_clear},
                                 {"code_verifier", browser.verifier}});
  }
  void card_session(const std::string& method) {
    store::Session session;
    session.purpose = "authorize:" + browser.id;
    session.method = method;
    browser.session = std::string(activation::page_session_cookie) + "=" + begin_session(doctor, session);
  }
  std::string code() { return parameter_of(browser.call("finish")["location"], "code"); }
  std::string fido_pass(Phone& phone) {
    REQUIRE(open("FIDO", {{"nonce", "n1"}}).status == 303);
    browser.approve_here(phone);
    const auto response = redeem("FIDO", code());
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body)["id_token"];
  }
  bool active(const std::string& token) { return Json::parse(introspect(token).body)["active"]; }
};

}  // namespace

TEST_CASE("deployed: FIDO gets the ID token as its pass, for the pass's life, bound to nothing") {
  DeployedWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string token = world.fido_pass(phone);
  const auto jws = pass::verify_jws(token, *world.keys, "JWT");
  REQUIRE(jws);
  const Json& claims = jws->claims();
  CHECK(claims["aud"] == "FIDO");
  CHECK(claims["sub"] == world.doctor.id);
  CHECK(claims["nonce"] == "n1");
  CHECK(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>() == 18 * 3600);
  CHECK_FALSE(claims.contains("cnf"));
  const Json answer = Json::parse(world.introspect(token).body);
  CHECK(answer["active"] == true);
  CHECK(answer["token_type"] == "Bearer");
  CHECK_FALSE(answer.contains("cnf"));
}

TEST_CASE("deployed: the pass ends by /revoke, with its person, its phone, and when the profile is turned off") {
  DeployedWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  const std::string revoked = world.fido_pass(phone), other = world.fido_pass(phone);
  CHECK(world.send_plain("/revoke", {{"client_id", "HPKI"}, {"token", revoked}}).status == 200);
  CHECK(world.active(revoked));
  CHECK(world.send_plain("/revoke", {{"client_id", "FIDO"}, {"token", revoked}}).status == 200);
  CHECK_FALSE(world.active(revoked));
  CHECK(world.active(other));
  world.settings.deployed = {};
  world.use();
  CHECK_FALSE(world.active(other));
  CHECK(world.open("FIDO").cause == "activation_client_inactive");
  CHECK(error_of(world.send_plain("/token", {{"client_id", "FIDO"}, {"grant_type", "authorization_code"}})) ==
        "invalid_client");
  world.settings.deployed = {"1312345678", in_the_clear, World::audience};
  world.use();
  CHECK(world.active(other));
  world.doctor.active = false;
  world.put(world.doctor);
  CHECK_FALSE(world.active(other));
}

TEST_CASE("deployed: the client's name is the method, and no other method approves") {
  DeployedWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  for (const auto& [client, method] : {std::pair{"HPKI", "card"}, {"JPKI", "mynumber"}}) {
    REQUIRE(world.open(client).status == 303);
    CHECK(world.browser.call("look")["method"] == method);
    const auto assertion =
        phone.authenticator.get(world.browser.call("options")["publicKey"], World::origin, {}, world.random);
    REQUIRE(assertion);
    CHECK(world.browser.refusal("passkey", {{"credential", *assertion}}) == "activation_method_not_offered");
    world.card_session(std::string(method) == "card" ? "mynumber" : "card");
    CHECK(world.browser.refusal("card") == "activation_method_not_offered");
    world.card_session(method);
    CHECK(world.browser.call("card")["state"] == "approved");
    CHECK(world.redeem(client, world.code()).status == 200);
  }
  REQUIRE(world.open("FIDO").status == 303);
  world.card_session("card");
  CHECK(world.browser.refusal("card") == "activation_method_not_offered");
}

TEST_CASE("deployed: one redirect address, S256, a code and a revocation are all that the names are good for") {
  DeployedWorld world;
  CHECK(world.open("FIDO", {{"redirect_uri", "http://elsewhere:3000/authfido/callback"}}).cause ==
        "activation_redirect_uri");
  CHECK(parameter_of(header_of(world.open("FIDO", {{"code_challenge_method", "plain"}}), "Location"), "error") ==
        "invalid_request");
  CHECK(parameter_of(header_of(world.open("FIDO", {{"scope", "openid hpki.sign"}}), "Location"), "error") ==
        "invalid_scope");
  const Parameters named = {{"client_id", "FIDO"}, {"scope", "openid"}, {"login_hint", world.doctor.id}};
  for (const char* path : {"/par", "/device_authorization", "/backchannel", "/introspect"}) {
    INFO(path);
    CHECK(error_of(world.send_plain(path, named)) == "invalid_client");
    CHECK(world.last_code() == "activation_client_certificate_missing");
  }
  Parameters secret = named;
  secret.emplace("client_secret", "s");
  CHECK(error_of(world.send_plain("/token", secret)) == "invalid_client");
  CHECK(world.last_code() == "activation_client_method");
  CHECK(error_of(world.send_plain("/token", named, {{"authorization", "Basic RklETzo="}})) == "invalid_client");
  // A certificate that somebody registers for the name makes no client of it.
  const Party party{"FIDO", certificate_named("fido")};
  world.put(world.certificate_of(party));
  CHECK(error_of(world.post_form(party, "/device_authorization", {{"scope", "openid"}})) == "invalid_client");
  CHECK(world.last_code() == "activation_client_method");
}

TEST_CASE("deployed: a code by another verifier, or twice") {
  DeployedWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  REQUIRE(world.open("FIDO").status == 303);
  world.browser.approve_here(phone);
  const std::string code = world.code();
  CHECK(error_of(world.send_plain("/token", {{"client_id", "FIDO"},
                                             {"grant_type", "authorization_code"},
                                             {"code", code},
                                             {"redirect_uri", in_the_clear},
                                             {"code_verifier", std::string(43, 'B')}})) == "invalid_grant");
  const auto response = world.redeem("FIDO", code);
  REQUIRE(response.status == 200);
  CHECK(error_of(world.redeem("FIDO", code)) == "invalid_grant");
  CHECK_FALSE(world.active(Json::parse(response.body)["id_token"]));
}

TEST_CASE("defect: whoever named a deployed client left a row for each DPoP proof that he made up") {
  DeployedWorld world;
  const std::string proof = world.dpop.proof("POST", std::string(World::origin) + "/token", world.clock.now());
  for (int i = 0; i < 2; ++i) {
    const auto refused = world.send({http::Origin::public_pages,
                                     "/token",
                                     {{"client_id", "FIDO"}, {"grant_type", "authorization_code"}, {"code", "c"}},
                                     proof});
    CHECK(error_of(refused) == "invalid_grant");
    CHECK(world.last_code() == "activation_code_unknown");  // not replayed: it was never looked at
  }
}

TEST_CASE("deployed: the ID token of another client is no pass, and a pass is bound as ever") {
  DeployedWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  REQUIRE(world.browser.open({}).status == 303);
  world.browser.approve_here(phone);
  const auto tokens = Json::parse(world.browser.redeem(world.code()).body);
  CHECK(world.active(tokens["access_token"]));
  CHECK_FALSE(world.active(tokens["id_token"]));
  CHECK(world.send_plain("/revoke", {{"client_id", "FIDO"}, {"token", tokens["id_token"]}}).status == 200);
  CHECK(world.active(tokens["access_token"]));
}

TEST_CASE("deployed: a facility that is not there, or a name that another client has, is refused at the start") {
  KeyWorld world;
  activation::DeployedProfile profile{"1399999999", in_the_clear, World::audience};
  const auto missing = activation::put_deployed_clients(*world.store, profile);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code().name() == "activation_facility_inactive");
  world.change([&](store::Transaction& t) {
    return store::put_client(t, {"HPKI", "1312345678", false, true, {"openid"}, {World::audience}});
  });
  profile.facility_code = "1312345678";
  const auto taken = activation::put_deployed_clients(*world.store, profile);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code().name() == "activation_client_not_allowed");
  world.change([&](store::Transaction& t) -> Status {
    TEGATA_ASSIGN(auto fido, store::find_client(t, "FIDO"));
    CHECK(!fido);
    return {};
  });
}
