// The code typed on the phone: its forms, who may use it, and how many may be wrong.
#include "rp/activation/typed_code.h"

#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

http::Response type(World& world, Phone& phone, const std::string& code) {
  return world.post_page(phone, "type", {{"user_code", code}});
}

http::Response approve_typed(World& world, Phone& phone, const Json& opened, const std::string& number) {
  const auto assertion = phone.authenticator.get(opened["publicKey"], World::origin, {}, world.random);
  REQUIRE(assertion);
  return world.post_page(phone, "approve",
                         {{"request", opened["request"]}, {"number", number}, {"credential", *assertion}});
}

// A code of the right form that is nobody's.
std::string wrong_code(const Json& asked, int number) {
  std::string out = asked["user_code"];
  out[0] = out[0] == 'B' ? 'C' : 'B';
  out[5] = static_cast<char>('0' + number % 10);
  return out;
}

}  // namespace

TEST_CASE("a typed code is read as people write it") {
  for (const char* typed :
       {"BCDF-47", "bcdf-47", "bcdf47", " bcdf 47 ", "ＢＣＤＦ－４７", "ｂｃｄｆ４７", "BCDFー47", "B C D F – 4 7"}) {
    INFO(typed);
    CHECK(activation::normalise_user_code(typed) == std::optional<std::string>("BCDF-47"));
  }
  for (const char* typed :
       {"", "BCDF-4", "BCDF-477", "BCDF4X", "ACDF-47", "1BCD-47", "47-BCDF", "BCDF-4７x", "\xff\xfe", "BCDF-4\xe3"}) {
    INFO(typed);
    CHECK_FALSE(activation::normalise_user_code(typed));
  }
}

TEST_CASE("the person types the whole code and approves; nothing is typed twice") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  const std::string code = asked["user_code"];
  const auto opened = type(world, phone, code);
  INFO(opened.body);
  REQUIRE(opened.status == 200);
  const Json context = Json::parse(opened.body);
  CHECK(context["facility_name"] == "検証病院");
  CHECK(context["practitioner_id_masked"] != world.doctor.id);
  CHECK_FALSE(opened.body.find(asked["number"].get<std::string>() + "\"") != std::string::npos);
  const auto approved = approve_typed(world, phone, context, asked["number"]);
  INFO(approved.body);
  CHECK(approved.status == 200);
  CHECK(world.poll(asked).status == 200);
}

TEST_CASE("after a cancelled prompt the same phone gets a new challenge by the request's id") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  const Json first = Json::parse(type(world, phone, asked["user_code"]).body);
  const auto again = world.post_page(phone, "scan", {{"request", first["request"]}});
  REQUIRE(again.status == 200);
  CHECK(Json::parse(again.body)["publicKey"]["challenge"] != first["publicKey"]["challenge"]);
  Phone stranger = world.enrolled_phone(world.colleague);
  CHECK(world.post_page(stranger, "scan", {{"request", first["request"]}}).status == 404);
  CHECK(world.last_code() == "activation_not_owner");
  CHECK(approve_typed(world, phone, Json::parse(again.body), asked["number"]).status == 200);
}

TEST_CASE("a request that names nobody is opened by its QR alone") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const auto refused = type(world, phone, asked["user_code"]);
  CHECK(refused.status == 404);
  CHECK(world.last_code() == "activation_user_code_unknown");
  CHECK(world.approve(phone, asked).status == 200);
}

TEST_CASE("a facility that wants QR alone: its codes open nothing, and the QR does") {
  World world;
  world.facility.typed_code = false;
  world.put(world.facility);
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  CHECK(type(world, phone, asked["user_code"]).status == 404);
  CHECK(world.last_code() == "activation_user_code_unknown");
  CHECK(world.approve(phone, asked).status == 200);
  world.facility.typed_code = true;
  world.put(world.facility);
  CHECK(type(world, phone, world.ask({{"login_hint", world.doctor.id}})["user_code"]).status == 200);
}

TEST_CASE("who types what another phone has scanned ends the request") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor), second = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  REQUIRE(world.scan(phone, asked).status == 200);
  CHECK(error_of(type(world, second, asked["user_code"])) == "activation_other_phone");
  world.clock.advance(3s);
  CHECK(error_of(world.poll(asked)) == "access_denied");
}

TEST_CASE("the phone that scanned may type as well") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  REQUIRE(world.scan(phone, asked).status == 200);
  const auto opened = type(world, phone, asked["user_code"]);
  REQUIRE(opened.status == 200);
  CHECK(approve_typed(world, phone, Json::parse(opened.body), asked["number"]).status == 200);
}

TEST_CASE("the fifth wrong code of a browser is its last in the hour, and no wrong one changes a request") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  for (int i = 0; i < 5; ++i) {
    CHECK(type(world, phone, wrong_code(asked, i)).status == 404);
    CHECK(world.last_code() == "activation_user_code_unknown");
  }
  const auto stopped = type(world, phone, asked["user_code"]);
  CHECK(stopped.status == 429);
  CHECK(world.last_code() == "activation_user_code_limit");
  // The QR still works, and so does typing in an hour.
  CHECK(world.approve(phone, asked).status == 200);
  world.clock.advance(1h);
  const Json later = world.ask({{"login_hint", world.doctor.id}});
  CHECK(type(world, phone, later["user_code"]).status == 200);
}

TEST_CASE("right codes use up nothing") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  for (int i = 0; i < 8; ++i) {
    const Json asked = world.ask({{"login_hint", world.doctor.id}});
    CHECK(type(world, phone, asked["user_code"]).status == 200);
  }
}

TEST_CASE("browsers that forget their cookie share the tries of their address") {
  activation::TypedTries tries({5, 7, 9});
  const auto browser = [](int i) { return sha256(std::to_string(i)); };
  for (int i = 0; i < 7; ++i) CHECK(tries.take(browser(i), "192.0.2.1", 1ms));
  CHECK_FALSE(tries.take(browser(8), "192.0.2.1", 1ms));
  tries.give_back(browser(0), "192.0.2.1");
  CHECK(tries.take(browser(8), "192.0.2.1", 1ms));
  CHECK(tries.take(browser(9), "192.0.2.2", 1ms));
  CHECK(tries.take(browser(10), "192.0.2.3", 1ms));
  CHECK_FALSE(tries.take(browser(11), "192.0.2.4", 1ms));
  CHECK(tries.take(browser(11), "192.0.2.4", 2h));
}

TEST_CASE("codes are typed on our page alone") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  world.post_page(phone, "type", {{"user_code", asked["user_code"]}}, false);
  CHECK(world.last_code() == "http_cross_site");
}
