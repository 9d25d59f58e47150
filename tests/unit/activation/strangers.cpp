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
  const auto refusal = [&](Phone& phone, std::optional<tegata::sandbox::authenticator::Lie> lie,
                           const std::string& client_data) {
    const auto scanned = world.scan(scanner, asked);
    REQUIRE(scanned.status == 200);
    tegata::sandbox::authenticator::Behaviour behaviour;
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
  using tegata::sandbox::authenticator::Lie;
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

TEST_CASE("defect: a claim cookie that somebody had put there was kept, and owned the next request too") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor), thief = world.enrolled_phone(world.doctor);
  REQUIRE(world.scan(thief, world.ask({{"terminal_name", "1"}})).status == 200);
  const auto planted = *thief.cookies.begin();
  phone.cookies = {planted, {"__Host-tegata-activation", planted.second}};
  const Json asked = world.ask({{"terminal_name", "2"}});
  const Json scanned = Json::parse(world.scan(phone, asked).body);
  const std::string own = activation::claim_cookie + scanned["request"].get<std::string>();
  CHECK(phone.cookies.at(own).size() == 43);
  CHECK(phone.cookies.at(own) != planted.second);
  thief.cookies = {{own, planted.second}};
  CHECK(world.approve(thief, asked, scanned, asked["number"]).status == 404);
  CHECK(world.last_code() == "activation_not_owner");
  CHECK(world.approve(phone, asked).status == 200);
}

TEST_CASE("a ninth request of one browser takes the place of its first") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  std::vector<Json> asked;
  for (int i = 0; i < 9; ++i) {
    asked.push_back(world.ask({{"terminal_id", std::to_string(i)}, {"terminal_name", std::to_string(i)}}));
    REQUIRE(world.scan(phone, asked.back()).status == 200);
  }
  CHECK(phone.cookies.size() == 8);
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
