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
  out[out.size() - 2] = static_cast<char>('0' + number % 10);
  return out;
}

}  // namespace

TEST_CASE("a typed code is read as people write it") {
  for (const char* typed : {"BCDF-GHJK-47", "bcdf-ghjk-47", "bcdfghjk47", " bcdf ghjk 47 ", "ＢＣＤＦ－ＧＨＪＫ－４７",
                            "ｂｃｄｆｇｈｊｋ４７", "BCDFーGHJKー47", "B C D F – G H J K – 4 7"}) {
    INFO(typed);
    CHECK(activation::normalise_user_code(typed) == std::optional<std::string>("BCDF-GHJK-47"));
  }
  for (const char* typed : {"", "BCDF-47", "BCDF-GHJK-4", "BCDF-GHJK-477", "BCDFGHJK4X", "ACDF-GHJK-47", "BCDF-GHJU-47",
                            "1BCD-GHJK-47", "47-BCDF-GHJK", "BCDF-GHJK-4７x", "\xff\xfe", "BCDF-GHJK-4\xe3"}) {
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

TEST_CASE("after five wrong codes a browser has one more every twelve minutes, and no wrong one changes a request") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  for (int i = 0; i < 5; ++i) {
    CHECK(type(world, phone, wrong_code(asked, i)).status == 404);
    CHECK(world.last_code() == "activation_user_code_unknown");
  }
  const auto stopped = type(world, phone, asked["user_code"]);
  CHECK(stopped.status == 429);
  CHECK(stopped.headers.count("Retry-After") == 1);
  CHECK(stopped.headers.find("Retry-After")->second == "720");
  CHECK(world.last_code() == "activation_user_code_limit");
  // The QR still works, and so does typing when its time has come.
  CHECK(world.approve(phone, asked).status == 200);
  world.clock.advance(12min);
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

namespace {

// How many wrong codes somebody types who never keeps a cookie, at addresses that `address` makes.
int guesses(World& world, int calls, const std::function<std::string(int)>& address) {
  int looked_up = 0;
  for (int i = 0; i < calls; ++i) {
    Phone stranger{tegata::sandbox::authenticator::Authenticator::make(world.random), {}};
    world.phone_address = address(i);
    looked_up += type(world, stranger, "BBBB-BBBB-00").status == 404;
  }
  world.phone_address = "192.0.2.2";
  return looked_up;
}

}  // namespace

TEST_CASE("defect: one IPv6 network used up the typed codes of all") {
  World world;
  const auto one = [](int i) { return "2001:db8:1:2::" + std::to_string(i); };
  CHECK(guesses(world, 1001, one) == 30);
  const auto many = [](int i) { return "2001:db8:2:" + std::to_string(i) + "::1"; };
  CHECK(guesses(world, 300, many) == 240);
  Phone phone = world.enrolled_phone(world.doctor);
  CHECK(type(world, phone, world.ask({{"login_hint", world.doctor.id}})["user_code"]).status == 200);
}

TEST_CASE("browsers that forget their cookie share the tries of their address; a known person has his own") {
  World world;
  Phone known = world.enrolled_phone(world.doctor), newcomer = world.enrolled_phone(world.colleague);
  REQUIRE(world.approve(known, world.ask()).status == 200);
  CHECK(guesses(world, 40, [](int) { return "192.0.2.2"; }) == 30);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  CHECK(type(world, newcomer, asked["user_code"]).status == 429);
  for (int i = 0; i < 4; ++i) CHECK(type(world, known, wrong_code(asked, i)).status == 404);
  CHECK(type(world, known, asked["user_code"]).status == 200);
  CHECK(type(world, known, wrong_code(asked, 1)).status == 404);
  CHECK(type(world, known, wrong_code(asked, 2)).status == 429);
  world.clock.advance(2min);
  CHECK(type(world, newcomer, wrong_code(asked, 1)).status == 404);
}

TEST_CASE("codes are typed on our page alone") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  world.post_page(phone, "type", {{"user_code", asked["user_code"]}}, false);
  CHECK(world.last_code() == "http_cross_site");
}
