// What takes away works under any clock, from the first check of its request on; what gives is refused with the reason.
#include "rp/store/mynumber_link.h"
#include "rp/store/phones.h"
#include "tests/unit/enroll/number_world.h"

using namespace tegata;
using namespace tegata::test;
using enroll::NumberConfirmation;

namespace {

const std::chrono::milliseconds wrong_steps[] = {-24h, 24h};

std::string code_of_step(std::chrono::milliseconds by) { return by < 0ms ? "store_clock_behind" : "store_clock_ahead"; }

void check_clock_refused(const Answer& answer, std::chrono::milliseconds by) {
  INFO(answer.body.dump());
  CHECK(answer.status == 503);
  CHECK(answer.response.cause == code_of_step(by));
}

// A phone that the sample person bound by card; gives its id.
std::string bind_phone(World& world, sandbox::authenticator::Authenticator& authenticator) {
  Browser pc, phone;
  REQUIRE(world.try_register(phone, world.confirmed_ticket(pc, phone), authenticator).status == 200);
  return base64url(authenticator.credentials()[0].id);
}

std::size_t phones_of_person(World& world) {
  const auto all = world.store->read<std::vector<store::BoundCredential>>(
      [](store::Reader& reader) { return store::list_credentials(reader, "AB123456789"); });
  REQUIRE(all);
  return all->size();
}

}  // namespace

TEST_CASE("defect: a person could not remove a lost phone while the clock was wrong") {
  for (const auto by : wrong_steps) {
    World world;
    auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
    const std::string id = bind_phone(world, authenticator);
    Browser pc;
    REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
    world.clock.step(by);
    const auto page = world.get(pc, "/api/devices");
    REQUIRE(page.status == 200);
    CHECK(page.body["devices"].size() == 1);
    CHECK(page.body["session_ends_in"] == 900);  // a page that reads 0 lets go of the person
    CHECK(page.body["now"] == page.body["events"][0]["at"]);
    check_clock_refused(world.post(pc, "/api/devices/rename", {{"credential_id", id}, {"label", "iPhone 2"}}), by);
    CHECK(world.post(pc, "/api/devices/remove", {{"credential_id", id}}).status == 200);
    CHECK(phones_of_person(world) == 0);
    CHECK(world.post(pc, "/api/session/end", Json::object()).status == 204);
    CHECK(world.get(pc, "/api/devices").status == 401);
  }
}

TEST_CASE("defect: a phone that asked for a yes could not be declined while the clock was wrong") {
  for (const auto by : wrong_steps) {
    NumberWorld world(NumberConfirmation::bound_phone);
    auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
    bind_phone(world, authenticator);
    Browser owner, pc, phone;
    const auto options = world.post(owner, "/api/devices/login/options", Json::object());
    const auto made = authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
    REQUIRE(made);
    REQUIRE(world.post(owner, "/api/devices/login", {{"credential", *made}}).status == 200);
    const auto secret = world.confirmed_by_number(pc, phone);
    const auto number = world.post(phone, "/api/phone/status", {{"ticket", secret}}).body["match_number"];
    world.clock.step(by);
    const auto page = world.get(owner, "/api/devices");
    REQUIRE(page.status == 200);
    REQUIRE(page.body["approvals"].size() == 1);
    const auto id = page.body["approvals"][0]["ticket_id"];
    check_clock_refused(world.post(owner, "/api/devices/approve", {{"ticket_id", id}, {"number", number}}), by);
    CHECK(world.post(owner, "/api/devices/decline", {{"ticket_id", id}}).status == 200);
    CHECK(world.get(owner, "/api/devices").body["approvals"].empty());
    CHECK(world.post(phone, "/api/phone/status", {{"ticket", secret}}).body["reason"] == "approval_declined");
  }
}

TEST_CASE("defect: a My Number card could not be unlinked while the clock was wrong") {
  for (const auto by : wrong_steps) {
    World world;
    Browser pc;
    REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
    REQUIRE(
        world.log_in(pc, card_der("jpki-auth", "good", "20260101ABCDEFGHIJKLMNO"), false, "link", "mynumber").status ==
        200);
    REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
    world.clock.step(by);
    CHECK(world.get(pc, "/api/mynumber").body["mynumber"]["state"] == "linked");
    check_clock_refused(world.post(pc, "/api/start", {{"purpose", "link"}, {"method", "mynumber"}}), by);
    CHECK(world.post(pc, "/api/mynumber/unlink", Json::object()).status == 200);
    CHECK(world.get(pc, "/api/mynumber").body["mynumber"]["state"] == "none");
  }
}

TEST_CASE("defect: a ticket that a stranger's phone had taken could not be rejected while the clock was wrong") {
  for (const auto by : wrong_steps) {
    for (const bool at_pc : {true, false}) {
      World world;
      Browser pc, phone;
      REQUIRE(world.log_in(pc, good_card()).status == 200);
      const auto secret = world.ticket(pc);
      const auto claimed = world.claim(phone, secret);
      REQUIRE(claimed.status == 200);
      world.clock.step(by);
      CHECK(world.pc_state(pc) == "opened");
      const auto status = world.post(phone, "/api/phone/status", {{"ticket", secret}});
      CHECK(status.body["now"] < status.body["expires_at"]);
      check_clock_refused(world.post(pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}), by);
      check_clock_refused(world.post(pc, "/api/enrollment", Json::object()), by);
      const auto done = at_pc ? world.post(pc, "/api/enrollment/reject", Json::object())
                              : world.post(phone, "/api/phone/decline", {{"ticket", secret}});
      INFO(done.body.dump());
      CHECK(done.status == 200);
      CHECK(world.pc_state(pc) == "rejected");
    }
  }
}

TEST_CASE("under a clock that is behind no session lives longer: one that is over stays so") {
  World world;
  auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
  const std::string id = bind_phone(world, authenticator);
  Browser pc;
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  world.clock.advance(15min);  // nobody writes; the monotonic clock knows it
  world.clock.step(-24h);
  CHECK(world.get(pc, "/api/devices").status == 401);
  CHECK(world.post(pc, "/api/devices/remove", {{"credential_id", id}}).status == 401);
  CHECK(phones_of_person(world) == 1);
}
