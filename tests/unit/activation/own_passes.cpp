// A person's own passes: who sees them, and that one tap ends one at once.
#include "rp/store/sign_in.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

Json list(World& world, Phone& phone, const Json& proof) {
  const auto response = world.post_page(phone, "passes", proof);
  INFO(response.body);
  REQUIRE(response.status == 200);
  return Json::parse(response.body)["passes"];
}

Json proof_of(const Json& asked) { return {{"token", World::scan_token(asked)}}; }

bool is_active(World& world, const Json& tokens) {
  return Json::parse(world.introspect(tokens["access_token"]).body)["active"];
}

// A session of the page of phones, as its log-in leaves it.
Phone signed_in(World& world, const store::Practitioner& person, const std::string& purpose = "devices") {
  store::Session session;
  session.purpose = purpose;
  session.method = "card";
  return {tegata::sandbox::authenticator::Authenticator::make(world.random),
          {{"__Host-tegata-session", world.begin_session(person, session)}}};
}

}  // namespace

TEST_CASE("after the approval the phone sees what counts, and ends it before the EHR fetched it") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"terminal_name", "端末3"}});
  REQUIRE(world.approve(phone, asked).status == 200);
  const Json passes = list(world, phone, proof_of(asked));
  REQUIRE(passes.size() == 1);
  CHECK(passes[0]["facility_name"] == "検証病院");
  CHECK(passes[0]["terminal_name"] == "端末3");
  CHECK(passes[0]["redeemed"] == false);
  CHECK(passes[0]["here"] == true);
  Json call = proof_of(asked);
  call["pass"] = passes[0]["pass"];
  CHECK(world.post_page(phone, "end_pass", call).status == 200);
  CHECK(world.last_kind() == "activation_cancelled");
  CHECK(world.audit().back().event.actor == "practitioner:" + world.doctor.id);
  CHECK(world.poll(asked).status == 400);
}

TEST_CASE("one tap ends a pass at once, and only that one") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json first = world.whole_activation(phone);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  const Json second = Json::parse(world.poll(asked).body);
  const Json passes = list(world, phone, proof_of(asked));
  REQUIRE(passes.size() == 2);
  Json call = proof_of(asked);
  for (const auto& each : passes) {
    if (each["here"] == false) call["pass"] = each["pass"];
  }
  CHECK(world.post_page(phone, "end_pass", call).status == 200);
  CHECK(world.last_kind() == "pass_revoked");
  CHECK_FALSE(is_active(world, first));
  CHECK(is_active(world, second));
  CHECK(list(world, phone, proof_of(asked)).size() == 1);
  CHECK(world.post_page(phone, "end_pass", call).status == 404);
  CHECK(world.last_code() == "activation_own_pass_unknown");
}

TEST_CASE("whoever has not approved sees and ends nothing") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor), stranger = world.enrolled_phone(world.colleague);
  const Json tokens = world.whole_activation(phone);
  const Json asked = world.ask();
  REQUIRE(world.scan(stranger, asked).status == 200);
  CHECK(world.post_page(stranger, "passes", proof_of(asked)).status == 404);
  CHECK(world.post_page(phone, "passes", proof_of(asked)).status == 404);
  CHECK(world.post_page(phone, "passes", Json::object()).status == 404);
  REQUIRE(world.approve(stranger, asked).status == 200);
  CHECK(list(world, stranger, proof_of(asked)).size() == 1);  // the colleague's own
  const auto claims = Json::parse(world.introspect(tokens["access_token"]).body);
  CHECK(claims["active"] == true);
  for (const std::string& id : std::vector<std::string>{"", "nothing", claims["jti"]}) {
    Json call = proof_of(asked);
    call["pass"] = id;
    CHECK(world.post_page(stranger, "end_pass", call).status == 404);
    CHECK(world.last_code() == "activation_own_pass_unknown");
  }
  CHECK(is_active(world, tokens));
}

TEST_CASE("another person's pass is not ended, although its name is known") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor), stranger = world.enrolled_phone(world.colleague);
  const Json mine = world.ask();
  REQUIRE(world.approve(phone, mine).status == 200);
  const Json tokens = Json::parse(world.poll(mine).body);
  const std::string name = list(world, phone, proof_of(mine))[0]["pass"];
  const Json asked = world.ask();
  REQUIRE(world.approve(stranger, asked).status == 200);
  Json call = proof_of(asked);
  call["pass"] = name;
  CHECK(world.post_page(stranger, "end_pass", call).status == 404);
  CHECK(is_active(world, tokens));
}

TEST_CASE("defect: a phone of a revoked card saw and ended the passes of other phones for a quarter of an hour") {
  World world;
  Phone thief = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(thief, asked).status == 200);
  REQUIRE(world.poll(asked).status == 200);
  world.end_card(world.doctor);
  world.renew_card();
  Phone owner = world.enrolled_phone(world.doctor);
  const Json own = world.ask();
  REQUIRE(world.approve(owner, own).status == 200);
  const Json tokens = Json::parse(world.poll(own).body);
  Json call = proof_of(asked);
  CHECK(world.post_page(thief, "passes", call).status == 404);
  call["pass"] = list(world, owner, proof_of(own))[0]["pass"];
  CHECK(world.post_page(thief, "end_pass", call).status == 404);
  CHECK(world.last_code() == "activation_not_owner");
  CHECK(is_active(world, tokens));
}

TEST_CASE("the proof of an approval holds for a quarter of an hour") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  REQUIRE(world.poll(asked).status == 200);
  world.clock.advance(15min - 1s);
  CHECK(list(world, phone, proof_of(asked)).size() == 1);
  world.clock.advance(1s);
  CHECK(world.post_page(phone, "passes", proof_of(asked)).status == 404);
}

TEST_CASE("the page of phones lists and ends passes; other sessions do not") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json tokens = world.whole_activation(phone);
  Phone other = signed_in(world, world.colleague, "enrol");
  CHECK(world.post_page(other, "passes", Json::object()).status == 404);
  Phone pc = signed_in(world, world.doctor);
  const Json passes = list(world, pc, Json::object());
  REQUIRE(passes.size() == 1);
  CHECK(world.post_page(pc, "end_pass", {{"pass", passes[0]["pass"]}}, false).status == 403);
  CHECK(world.post_page(pc, "end_pass", {{"pass", passes[0]["pass"]}}).status == 200);
  CHECK_FALSE(is_active(world, tokens));
  CHECK(list(world, pc, Json::object()).empty());
}
