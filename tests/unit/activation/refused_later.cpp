// What time and an operator take away between the steps.
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("time runs out") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  world.clock.advance(180s);
  world.approve(phone, asked, context, asked["number"]);
  CHECK(world.last_code() == "activation_expired");
  CHECK(error_of(world.poll(asked)) == "expired_token");
  world.scan(phone, asked);
  CHECK(world.last_code() == "activation_expired");

  const Json approved = world.ask();
  REQUIRE(world.approve(phone, approved).status == 200);
  world.clock.advance(180s);
  CHECK(error_of(world.poll(approved)) == "expired_token");
}

TEST_CASE("an approval in the last second leaves the EHR time to fetch the pass") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  world.clock.advance(179s);
  REQUIRE(world.approve(phone, asked, context, asked["number"]).status == 200);
  world.clock.advance(5s);
  CHECK(world.poll(asked).status == 200);
}

TEST_CASE("suspended between scan and approval, and between approval and redemption") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask(), approved = world.ask();
  REQUIRE(world.approve(phone, approved).status == 200);
  auto person = world.doctor;
  person.active = false;
  world.put(person);
  CHECK(error_of(world.poll(approved)) == "invalid_grant");
  CHECK(world.last_code() == "activation_practitioner_not_in_good_standing");
  CHECK(error_of(world.approve(phone, asked)) == "activation_practitioner_not_in_good_standing");
  person.active = true;
  person.second_certificate_not_after = world.clock.now();
  world.put(person);
  CHECK(error_of(world.poll(approved)) == "invalid_grant");
  CHECK(world.count_kind("pass_issued") == 0);
  world.put(world.doctor);
  CHECK(world.poll(approved).status == 200);
}

TEST_CASE("a facility that was shut between start and redemption") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  auto facility = world.facility;
  facility.active = false;
  world.put(facility);
  world.scan(phone, asked);
  CHECK(world.last_code() == "activation_requester_not_in_good_standing");
  CHECK(world.poll(asked).status == 401);
}

TEST_CASE("while the clock is behind what was committed, nothing is granted: 503 with Retry-After") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  world.clock.advance(-10s);
  for (const auto& response :
       {world.poll(asked), world.post_form(world.ehr, "/device_authorization", {{"scope", "openid"}})}) {
    CHECK(response.status == 503);
    CHECK(response.headers.count("Retry-After") == 1);
    CHECK(response.headers.find("Cache-Control")->second == "no-store");
    CHECK(response.cause == "store_clock_behind");
  }
  world.clock.advance(10s);
  CHECK(world.poll(asked).status == 200);
}
