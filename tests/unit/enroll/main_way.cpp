#include <thread>

#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("the whole enrollment: card, ticket, number, registration, label, done on both screens") {
  World world;
  Browser pc, phone;
  const auto session = world.log_in(pc, good_card());
  REQUIRE(session.status == 200);
  CHECK(session.body["practitioner_id"] == "AB123456789");
  CHECK(pc.cookies.count("__Host-tegata-start") == 0);
  CHECK(world.pc_state(pc) == "none");
  const auto secret = world.ticket(pc);
  CHECK(world.pc_state(pc) == "waiting");

  const auto look = world.post(phone, "/api/phone/look", {{"ticket", secret}});
  REQUIRE(look.status == 200);
  CHECK(look.body["practitioner_id_masked"] == "AB•••••••89");
  CHECK(look.response.body.find("検") == std::string::npos);  // before a claim, no part of the name
  CHECK_FALSE(look.body.contains("name_initial"));
  CHECK(world.pc_state(pc) == "waiting");  // looking claims nothing

  const auto claimed = world.claim(phone, secret);
  REQUIRE(claimed.status == 200);
  CHECK(claimed.body["practitioner_id"] == "AB123456789");
  const auto opened = world.get(pc, "/api/enrollment");
  CHECK(opened.body["state"] == "opened");
  CHECK(opened.body["device"] == "iPhone（Safari）");
  CHECK_FALSE(opened.body.contains("match_number"));
  CHECK(world.post(phone, "/api/phone/options", {{"ticket", secret}}).status == 409);  // not before the PC confirmed

  REQUIRE(world.post(pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
  CHECK(world.post(phone, "/api/phone/status", {{"ticket", secret}}).body["state"] == "confirmed");
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto registered = world.try_register(phone, secret, authenticator);
  REQUIRE(registered.status == 200);
  const std::string label = registered.body["label"];
  CHECK(label.starts_with("iPhone（Safari） 20"));
  CHECK(world.pc_state(pc) == "registered");

  const auto done = world.post(phone, "/api/phone/label", {{"ticket", secret}, {"label", "診察室の電話"}});
  REQUIRE(done.status == 200);
  CHECK(done.body["label"] == "診察室の電話");
  CHECK(world.get(pc, "/api/enrollment").body["label"] == "診察室の電話");
  CHECK(world.pc_state(pc) == "done");
  const auto bound = world.phones_of("AB123456789");
  REQUIRE(bound.size() == 1);
  CHECK(bound[0].record.id == authenticator.credentials()[0].id);
  CHECK(bound[0].record.attestation_object.size() > 100);
  for (const auto* kind :
       {"card_login_started", "card_login", "card_login_handed_over", "ticket_issued", "ticket_claimed",
        "ticket_confirmed", "credential_registered", "ticket_closed", "credential_renamed"}) {
    INFO(kind);
    CHECK(world.count_audit(kind) == 1);
  }
}

TEST_CASE("a phone closed on the label page is bound, and the PC stops waiting after 30 seconds") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
  CHECK(world.phones_of("AB123456789").size() == 1);
  world.clock.advance(29s);
  CHECK(world.pc_state(pc) == "registered");
  world.clock.advance(1s);
  CHECK(world.pc_state(pc) == "done");
  // The label page works on, for whoever comes back.
  CHECK(world.post(phone, "/api/phone/label", {{"ticket", secret}}).status == 200);
}

TEST_CASE("a failed biometric keeps the ticket: ten failures, then success") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  for (int i = 0; i < 10; ++i) {
    Behaviour behaviour;
    behaviour.lie = Lie::no_uv;
    const auto refused = world.try_register(phone, secret, authenticator, behaviour);
    CHECK(refused.body["cause"] == "webauthn_user_not_verified");
    CHECK(world.newest_refusal() == "webauthn_user_not_verified");
  }
  CHECK(world.pc_state(pc) == "confirmed");
  auto fresh = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, secret, fresh).status == 200);
}

TEST_CASE("the same phone may claim again: after a reload it is where it was") {
  World world;
  Browser pc, phone;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto secret = world.ticket(pc);
  const auto first = world.claim(phone, secret);
  const auto second = world.claim(phone, secret);
  CHECK(second.status == 200);
  CHECK(second.body["match_number"] == first.body["match_number"]);
  CHECK(world.count_audit("ticket_claimed") == 1);
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", secret}}).body["mine"] == true);
}

TEST_CASE("a fresh QR without the card, again and again; the older one ends") {
  World world;
  Browser pc, phone;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto first = world.ticket(pc);
  const auto second = world.ticket(pc);
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", first}}).status == 404);
  CHECK(world.newest_refusal() == "ticket_over");
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", second}}).status == 200);
}

TEST_CASE("defect: the label page ended with its ticket, and told a bound phone to begin anew") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
  world.clock.advance(905s);
  CHECK(world.post(phone, "/api/phone/label", {{"ticket", secret}, {"label", "診察室の電話"}}).status == 200);
  CHECK(world.phones_of("AB123456789").front().label == "診察室の電話");
  CHECK(world.count_audit("ticket_closed") == 1);
}

TEST_CASE("a second phone of the same model gets the next label") {
  World world;
  for (int i = 1; i <= 3; ++i) {
    Browser pc, phone;
    const auto secret = world.confirmed_ticket(pc, phone);
    auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
    const std::string label = world.try_register(phone, secret, authenticator).body["label"];
    CHECK((i == 1 ? label.find(" (") == std::string::npos : label.ends_with(" (" + std::to_string(i) + ")")));
  }
}

TEST_CASE("32 phones claim one QR at once, 200 times: exactly one wins each time") {
  World world;
  Browser pc;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  for (int round = 0; round < 200; ++round) {
    const auto made = world.post(pc, "/api/enrollment", Json::object());
    if (made.status != 201) REQUIRE(world.log_in(pc, good_card()).status == 200);
    const std::string url = made.body["url"];
    const auto secret = url.substr(url.find("#t=") + 3);
    std::atomic<int> winners{0}, others{0};
    std::vector<std::thread> phones;
    for (int i = 0; i < 32; ++i) {
      phones.emplace_back([&] {
        Browser phone;
        auto out = world.request(phone, "POST", "/api/phone/claim");
        out.headers.emplace("origin", public_origin);
        out.headers.emplace("sec-fetch-site", "same-origin");
        out.headers.emplace("content-type", "application/json");
        out.body = dump_json({{"ticket", secret}, {"platform_authenticator", true}});
        const auto status = world.router.handle(out).status;
        winners += status == 200;
        others += status == 409 || status == 404;
      });
    }
    for (auto& phone : phones) phone.join();
    REQUIRE(winners == 1);
    REQUIRE(others == 31);
  }
}
