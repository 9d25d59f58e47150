// Whoever scanned is a stranger until the signature has verified; and one browser may own several requests.
#include "rp/http/oauth_call.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("who only scanned cannot learn which credentials are registered: one answer before the signature") {
  World world;
  Phone scanner = world.enrolled_phone(world.doctor);
  Phone removed = world.enrolled_phone(world.doctor);
  world.change([&](store::Transaction& t) -> Status {
    TEGATA_TRY(store::remove_credential(t, removed.authenticator.credentials().front().id, world.doctor.id));
    return {};
  });
  const Json asked = world.ask();
  const auto refusal = [&](Phone& phone, std::optional<sandbox::Lie> lie, const std::string& client_data) {
    const auto scanned = world.scan(scanner, asked);
    REQUIRE(scanned.status == 200);
    sandbox::Behaviour behaviour;
    if (lie) behaviour.lie = *lie;
    auto assertion =
        phone.authenticator.get(Json::parse(scanned.body)["publicKey"], World::origin, behaviour, world.random);
    REQUIRE(assertion);
    if (!client_data.empty()) (*assertion)["response"]["clientDataJSON"] = base64url(as_bytes(client_data));
    const auto response =
        world.post_page(scanner, "approve",
                        {{"token", World::scan_token(asked)}, {"number", asked["number"]}, {"credential", *assertion}});
    CHECK(response.status == 403);
    CHECK(response.cause == world.last_code());
    return response.body;
  };
  const auto unknown = refusal(removed, std::nullopt, "");
  CHECK(world.last_code() == "activation_credential_unknown");
  CHECK_FALSE(Json::parse(unknown).contains("cause"));
  CHECK(Json::parse(unknown)["code"] == "E-403");
  using sandbox::Lie;
  for (const Lie lie : {Lie::no_uv, Lie::no_up, Lie::bogus_signature, Lie::origin, Lie::challenge}) {
    CHECK(refusal(scanner, lie, "") == unknown);
    CHECK(world.last_code().starts_with("webauthn_"));
  }
  CHECK(refusal(scanner, std::nullopt, "no JSON") == unknown);
  CHECK(world.last_code() != "activation_credential_unknown");
  CHECK(world.approve(scanner, asked).status == 200);
}

TEST_CASE("one browser that scans a second code keeps the first: scan A, scan B, rescan A") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json first = world.ask({{"terminal_name", "1"}});
  const Json second = world.ask({{"terminal_name", "2"}});
  REQUIRE(world.scan(phone, first).status == 200);
  REQUIRE(world.scan(phone, second).status == 200);
  CHECK(world.approve(phone, first).status == 200);  // it scans again
  CHECK(world.approve(phone, second).status == 200);
}

TEST_CASE("a guessable scan cookie is not kept") {
  for (const std::string& guessable : {std::string("1"), std::string(43, '!'), std::string(44, 'A')}) {
    World world;
    Phone phone = world.enrolled_phone(world.doctor);
    phone.cookie = std::string(activation::claim_cookie) + "=" + guessable;
    REQUIRE(world.scan(phone, world.ask()).status == 200);
    CHECK(phone.cookie.size() == std::string(activation::claim_cookie).size() + 1 + 43);
    CHECK(phone.cookie != std::string(activation::claim_cookie) + "=" + guessable);
  }
}

TEST_CASE("every endpoint for clients is known as one to whoever refuses a call before it") {
  World world;
  std::set<std::string> facility, pages;
  for (const auto& route : world.router.routes())
    (route.origin == http::Origin::facility ? facility : pages).insert(route.path);
  for (const auto path : http::oauth_paths) {
    INFO(path);
    CHECK(pages.contains(std::string(path)));
    facility.erase(std::string(path));
  }
  CHECK(facility.empty());
}
