// What strangers can neither fill nor learn, and people whose standing ended while a page was open.
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("ending sessions that never were appends no session_ended, and only so many refusals") {
  World world;
  for (int i = 0; i < 100; ++i) {
    Browser stranger;
    stranger.cookies["__Host-tegata-session"] = "invented" + std::to_string(i);
    CHECK(world.post(stranger, "/api/session/end", Json::object()).status == 204);
    CHECK(stranger.cookies.count("__Host-tegata-session") == 0);
  }
  CHECK(world.count_audit("session_ended") == 0);
  CHECK(world.audit().size() < 80);
  Browser pc;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  Browser copy = pc;
  CHECK(world.post(pc, "/api/session/end", Json::object()).status == 204);
  CHECK(world.post(copy, "/api/session/end", Json::object()).status == 204);
  CHECK(world.count_audit("session_ended") == 1);
}

namespace {

int start_status(World& world, Browser& browser) {
  return world.post(browser, "/api/start", {{"purpose", "enrol"}}).status;
}

// Somebody who keeps no cookie begins log-ins at this address until he may no more.
int use_up(World& world) {
  int begun = 0;
  for (; begun < 1000; ++begun) {
    Browser insider;
    if (start_status(world, insider) != 200) break;
  }
  return begun;
}

}  // namespace

TEST_CASE("one address begins 60 card log-ins at once, and one more with each second") {
  World world;
  CHECK(use_up(world) == 60);
  Browser pc;
  const auto refused = world.post(pc, "/api/start", {{"purpose", "enrol"}});
  CHECK(refused.status == 429);
  CHECK(refused.body["code"] == "E-907");
  CHECK(refused.response.cause == "sign_in_too_many");
  CHECK(world.newest_refusal() == "sign_in_too_many");
  REQUIRE(refused.response.headers.count("Retry-After") == 1);
  CHECK(refused.response.headers.find("Retry-After")->second == "1");
  CHECK(world.count_audit("card_login_started") == 25);  // a sample
  world.clock.advance(1s);
  CHECK(start_status(world, pc) == 200);
  CHECK(start_status(world, pc) == 429);
}

TEST_CASE("one IPv6 /64 begins what an address may, whichever addresses it uses") {
  World world;
  Browser pc;
  int begun = 0;
  for (int i = 0; i < 100; ++i) {
    world.address = "2001:db8:1:2::" + std::to_string(i);
    begun += start_status(world, pc) == 200;
  }
  CHECK(begun == 60);
  world.address = "2001:db8:1:3::1";
  CHECK(start_status(world, pc) == 200);
}

TEST_CASE("defect: one insider locked out all behind his address") {
  World world;
  Browser doctor, newcomer;
  REQUIRE(world.log_in(doctor, good_card()).status == 200);
  use_up(world);
  CHECK(start_status(world, newcomer) == 429);
  CHECK(start_status(world, doctor) == 200);
  // The phone's way in is the same limit.
  CHECK(world.post(doctor, "/api/devices/login/options", Json::object()).status == 200);
  // His own bucket is bounded too, and then he is as everybody else.
  int begun = 2;
  while (start_status(world, doctor) == 200) ++begun;
  CHECK(begun == 20);
}

TEST_CASE("who makes himself many cookies has one bucket: they are the person's, not the browser's") {
  World world;
  std::vector<Browser> own(5);
  for (auto& each : own) REQUIRE(world.log_in(each, good_card()).status == 200);
  use_up(world);
  int begun = 0;
  for (int i = 0; i < 30; ++i) {
    for (auto& each : own) begun += start_status(world, each) == 200;
  }
  // Four of those five log-ins were counted by the person already.
  CHECK(begun <= 20);
  CHECK(begun >= 16);
}

TEST_CASE("a browser's cookie that was altered, made elsewhere, or is half a year old makes nobody known") {
  World world;
  Browser doctor;
  REQUIRE(world.log_in(doctor, good_card()).status == 200);
  auto& cookie = doctor.cookies["__Host-tegata-browser"];
  REQUIRE(cookie.size() > 40);
  SECTION("as it was given") {
    use_up(world);
    CHECK(start_status(world, doctor) == 200);
  }
  SECTION("altered") {
    cookie[3] = cookie[3] == 'A' ? 'B' : 'A';
    use_up(world);
    CHECK(start_status(world, doctor) == 429);
  }
  SECTION("under another key") {
    http::Response response;
    http::Browsers(Bytes(32, 4)).remember(response, "AB123456789", world.clock.now());
    const std::string set = response.headers.find("Set-Cookie")->second;
    cookie = set.substr(set.find('=') + 1, set.find(';') - set.find('=') - 1);
    use_up(world);
    CHECK(start_status(world, doctor) == 429);
  }
  SECTION("old") {
    world.clock.advance(std::chrono::hours(24 * 180));
    use_up(world);
    CHECK(start_status(world, doctor) == 429);
  }
}

TEST_CASE("no ticket for a person whose second certificate ended after the log-in") {
  World world;
  Browser pc;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  auto person = world.person("AB123456789", true, world.clock.now() + 60s);
  SECTION("ended") {
    world.put(person, "1001");
    CHECK(world.post(pc, "/api/enrollment", Json::object()).status == 201);
    world.clock.advance(60s);
  }
  SECTION("taken away") {
    person.second_certificate_not_after.reset();
    world.put(person, "1001");
  }
  const auto refused = world.post(pc, "/api/enrollment", Json::object());
  CHECK(refused.status == 403);
  CHECK(refused.body["cause"] == "ticket_person_not_in_good_standing");
  CHECK(world.newest_refusal() == "ticket_person_not_in_good_standing");
}
