// What strangers can neither fill nor learn, and people whose standing ended while a page was open.
#include "rp/base/start_limit.h"
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

TEST_CASE("one address begins at most 60 card log-ins a minute") {
  World world;
  Browser pc;
  for (int i = 0; i < 60; ++i) CHECK(world.post(pc, "/api/start", {{"purpose", "enrol"}}).status == 200);
  world.clock.advance(59s);
  const auto refused = world.post(pc, "/api/start", {{"purpose", "enrol"}});
  CHECK(refused.status == 429);
  CHECK(refused.body["code"] == "E-907");
  CHECK(refused.response.cause == "sign_in_too_many");
  CHECK(world.newest_refusal() == "sign_in_too_many");
  REQUIRE(refused.response.headers.count("Retry-After") == 1);
  CHECK(refused.response.headers.find("Retry-After")->second == "1");
  CHECK(world.count_audit("card_login_started") == 60);
  world.clock.advance(1s);
  CHECK(world.post(pc, "/api/start", {{"purpose", "enrol"}}).status == 200);
}

TEST_CASE("the limit of starts is each address's own, and its memory is bounded") {
  StartLimit limit(2, 3);
  const auto admitted = [&](const std::string& address, std::chrono::milliseconds now) {
    return limit.wait(address, now).count() == 0;
  };
  CHECK(admitted("a", 0ms));
  CHECK(admitted("a", 1s));
  CHECK_FALSE(admitted("a", 59'999ms));
  CHECK(limit.wait("a", 50s) == 10s);
  CHECK(admitted("b", 50s));
  CHECK(admitted("c", 50s));
  // No room: strangers share what one address has, and those who are known keep theirs.
  CHECK(admitted("d", 50s));
  CHECK(admitted("e", 50s));
  CHECK_FALSE(admitted("f", 50s));
  CHECK(admitted("b", 51s));
  CHECK_FALSE(admitted("b", 52s));
  // "a" had its minute; its place is free.
  CHECK(admitted("f", 60s));
  CHECK_FALSE(admitted("g", 61s));
  CHECK(admitted("g", 110s));
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
