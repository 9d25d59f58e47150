// Logging out of a PC that others use, too: the cookie goes with every answer, and ends with the browser anyway.
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

constexpr const char* cookie = "__Host-tegata-session";

std::string set_cookie_of(const http::Response& response) {
  for (auto [line, end] = response.headers.equal_range("Set-Cookie"); line != end; ++line) {
    if (line->second.starts_with(std::string(cookie) + "=")) return line->second;
  }
  return "";
}

const std::string expired = std::string(cookie) + "=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict";

}  // namespace

TEST_CASE("defect: the session's cookie outlived the browser") {
  World world;
  Browser pc;
  const auto begun = world.log_in(pc, good_card());
  REQUIRE(begun.status == 200);
  CHECK(set_cookie_of(begun.response) ==
        std::string(cookie) + "=" + pc.cookies.at(cookie) + "; Path=/; Secure; HttpOnly; SameSite=Strict");
}

TEST_CASE("defect: a log-out that was refused left the cookie where it was") {
  World world;
  Browser pc;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto refused = world.post(pc, "/api/session/end", {{"ticket_id", 5}});
  CHECK(refused.status == 400);
  CHECK(set_cookie_of(refused.response) == expired);
  CHECK(pc.cookies.count(cookie) == 0);
}

TEST_CASE("defect: a screen whose session was over left its cookie where it was") {
  World world;
  Browser pc;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const Json screen = {{"ticket_id", "of a screen"}};
  const auto left = world.post(pc, "/api/session/end", screen);
  CHECK(left.status == 204);
  CHECK(set_cookie_of(left.response).empty());  // another tab goes on
  world.clock.advance(901s);
  const auto ended = world.post(pc, "/api/session/end", screen);
  CHECK(ended.status == 204);
  CHECK(set_cookie_of(ended.response) == expired);
}

TEST_CASE("a browser without the cookie is told to have none") {
  World world;
  Browser stranger;
  const auto ended = world.post(stranger, "/api/session/end", Json::object());
  CHECK(ended.status == 204);
  CHECK(set_cookie_of(ended.response) == expired);
}

TEST_CASE("what a page shows of a person says how many seconds are left, whatever the browser's clock says") {
  World world;
  Browser pc;
  const std::string purpose = GENERATE("enrol", "devices", "link");
  CAPTURE(purpose);
  REQUIRE(world.log_in(pc, good_card(), false, purpose).status == 200);
  const std::string path = purpose == "enrol"     ? "/api/enrollment"
                           : purpose == "devices" ? "/api/devices"
                                                  : "/api/mynumber";
  CHECK(world.get(pc, path).body["session_ends_in"] == 900);
  world.clock.advance(870s + 1ms);
  CHECK(world.get(pc, path).body["session_ends_in"] == 29);
  if (purpose == "enrol") CHECK(world.post(pc, path, Json::object()).body["session_ends_in"] == 29);
  world.clock.advance(29s + 999ms);
  CHECK(world.get(pc, path).status == 401);
}
