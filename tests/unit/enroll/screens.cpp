// Several tabs of one PC: they have one session between them, and each screen is answered about its own ticket alone.
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

constexpr const char* second_person = "CD987654321";
constexpr const char* second_holder = "1003";

// The first person's QR stands in one tab; a second person has signed in by another.
struct TwoTabs {
  World world;
  Browser pc, phone;
  std::string first_ticket, secret;

  TwoTabs() {
    world.put(world.person(second_person, true, world.clock.now() + 24h), second_holder);
    REQUIRE(world.log_in(pc, good_card()).status == 200);
    secret = world.ticket(pc);
    first_ticket = world.get(pc, "/api/enrollment").body["ticket_id"];
  }

  void second_signs_in() { REQUIRE(world.log_in(pc, card_der("hpki-auth", "good", second_holder)).status == 200); }

  Answer state_of(const std::string& ticket_id) {
    auto asked = world.request(pc, "GET", "/api/enrollment");
    asked.query.emplace("ticket_id", ticket_id);
    return world.send(pc, asked);
  }
};

}  // namespace

TEST_CASE("defect: a tab showed the ticket, and the name, of whoever signed in by another tab") {
  TwoTabs tabs;
  tabs.second_signs_in();
  const auto second = tabs.world.post(tabs.pc, "/api/enrollment", Json::object());
  CHECK(second.body["practitioner_id"] == second_person);
  const auto seen = tabs.state_of(tabs.first_ticket);
  CHECK(seen.status == 401);
  CHECK(seen.response.cause == "ticket_of_other_session");
  CHECK(seen.body["code"] == "E-201");
  CHECK_FALSE(seen.body.contains("name"));
  CHECK(tabs.state_of(second.body["ticket_id"]).body["practitioner_id"] == second_person);
  CHECK(tabs.state_of("nothing").response.cause == "ticket_of_other_session");
}

TEST_CASE("defect: a tab moved the ticket of whoever signed in by another tab") {
  TwoTabs tabs;
  tabs.second_signs_in();
  const auto number = tabs.world.claim(tabs.phone, tabs.world.ticket(tabs.pc)).body["match_number"];
  const Json named = {{"ticket_id", tabs.first_ticket}, {"number", number}};
  for (const auto* path : {"/api/enrollment", "/api/enrollment/confirm", "/api/enrollment/reject"}) {
    INFO(path);
    const auto refused = tabs.world.post(tabs.pc, path, named);
    CHECK(refused.status == 401);
    CHECK(refused.body["cause"] == "ticket_of_other_session");
    CHECK(tabs.world.newest_refusal() == "ticket_of_other_session");
  }
  CHECK(tabs.world.pc_state(tabs.pc) == "opened");
}

TEST_CASE("defect: a tab that was closed ended the session of whoever signed in by another tab") {
  TwoTabs tabs;
  tabs.second_signs_in();
  CHECK(tabs.world.post(tabs.pc, "/api/session/end", {{"ticket_id", tabs.first_ticket}}).status == 204);
  CHECK(tabs.world.get(tabs.pc, "/api/enrollment").body["practitioner_id"] == second_person);
  const auto second = tabs.world.post(tabs.pc, "/api/enrollment", Json::object());
  CHECK(tabs.world.post(tabs.pc, "/api/session/end", {{"ticket_id", second.body["ticket_id"]}}).status == 204);
  CHECK(tabs.world.get(tabs.pc, "/api/enrollment").status == 401);
}

TEST_CASE("one person in two tabs: a new QR in one of them is told in the other") {
  TwoTabs tabs;
  const auto fresh = tabs.world.post(tabs.pc, "/api/enrollment", {{"ticket_id", tabs.first_ticket}});
  REQUIRE(fresh.status == 201);
  const auto before = tabs.state_of(tabs.first_ticket);
  CHECK(before.body["state"] == "rejected");
  CHECK(before.body["reason"] == "replaced");
  CHECK(tabs.state_of(fresh.body["ticket_id"]).body["state"] == "waiting");
}

TEST_CASE("defect: a QR outlived the session that alone could confirm it") {
  TwoTabs tabs;
  const bool claimed = GENERATE(false, true), by_log_in = GENERATE(false, true);
  CAPTURE(claimed, by_log_in);
  if (claimed) REQUIRE(tabs.world.claim(tabs.phone, tabs.secret).status == 200);
  if (by_log_in) {
    tabs.second_signs_in();
  } else {
    REQUIRE(tabs.world.post(tabs.pc, "/api/session/end", Json::object()).status == 204);
  }
  CHECK(tabs.world.count_audit("ticket_ended") == 1);
  CHECK(tabs.world.newest_refusal() == "ticket_session_ended");
  const auto told = tabs.world.claim(tabs.phone, tabs.secret);
  if (claimed) CHECK(told.body["state"] == "rejected");
  if (!claimed) CHECK(told.response.cause == "ticket_over");
}

TEST_CASE("a phone that its holder has confirmed is registered, whoever takes over the PC") {
  World world;
  world.put(world.person(second_person, true, world.clock.now() + 24h), second_holder);
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  REQUIRE(world.log_in(pc, card_der("hpki-auth", "good", second_holder)).status == 200);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, secret, authenticator).status == 200);
}

TEST_CASE("defect: leaving an older screen ended the newer QR of the same person") {
  TwoTabs tabs;
  const auto fresh = tabs.world.post(tabs.pc, "/api/enrollment", {{"ticket_id", tabs.first_ticket}});
  REQUIRE(fresh.status == 201);
  CHECK(tabs.world.post(tabs.pc, "/api/session/end", {{"ticket_id", tabs.first_ticket}}).status == 204);
  CHECK(tabs.state_of(fresh.body["ticket_id"]).body["state"] == "waiting");
  CHECK(tabs.world.post(tabs.pc, "/api/session/end", {{"ticket_id", fresh.body["ticket_id"]}}).status == 204);
  CHECK(tabs.world.get(tabs.pc, "/api/enrollment").status == 401);
}

TEST_CASE("defect: a QR made late in a session outlived it") {
  TwoTabs tabs;
  tabs.world.clock.advance(870s);
  const auto secret = tabs.world.ticket(tabs.pc);
  tabs.world.clock.advance(29s);
  CHECK(tabs.world.claim(tabs.phone, secret).status == 200);
  tabs.world.clock.advance(1s);
  CHECK(tabs.world.claim(tabs.phone, secret).response.cause == "ticket_expired");
}
