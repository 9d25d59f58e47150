// Whoever recorded a whole enrollment sends it again, piece by piece, to bind a phone of his own.
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("defect of others: what a log-in showed once was replayed until it bound the attacker's phone") {
  World world;
  Browser pc, phone;
  const std::string card_url = world.post(pc, "/api/start", {{"purpose", "enrol"}}).body["card_url"];
  const auto login = world.card_origin(card_url, good_card());
  const auto before_handover = pc.cookies;
  REQUIRE(world.post(pc, "/api/handover", {{"code", login.code}}).status == 200);
  const auto secret = world.ticket(pc);
  const auto claimed = world.claim(phone, secret);
  REQUIRE(world.post(pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
  const auto options = world.post(phone, "/api/phone/options", {{"ticket", secret}});
  auto own = tegata::sandbox::authenticator::Authenticator::make(world.random),
       attackers = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto registered = own.create(options.body["publicKey"], public_origin, {}, world.random);
  const auto forged = attackers.create(options.body["publicKey"], public_origin, {}, world.random);
  const auto session = pc.cookies;
  REQUIRE(world.post(phone, "/api/phone/register", {{"ticket", secret}, {"credential", *registered}}).status == 200);

  const auto refused_as = [&](Browser& browser, const std::string& path, const Json& body) {
    const auto answer = world.post(browser, path, body);
    CHECK(answer.status >= 400);
    return answer.response.cause;
  };
  CHECK(world.card_origin(card_url, good_card()).status == 403);
  CHECK(world.newest_refusal() == "sign_in_start_unknown");
  Browser attacker;
  attacker.cookies = before_handover;
  CHECK(refused_as(attacker, "/api/handover", {{"code", login.code}}) == "sign_in_code_unknown");
  // With the phone's own cookie, too: the ticket has given what it gives.
  attacker.cookies = phone.cookies;
  for (const Json& credential : {*registered, *forged}) {
    CHECK(refused_as(attacker, "/api/phone/register", {{"ticket", secret}, {"credential", credential}}) ==
          "ticket_not_confirmed");
  }
  CHECK(refused_as(attacker, "/api/phone/options", {{"ticket", secret}}) == "ticket_not_confirmed");
  Browser stranger;
  CHECK(refused_as(stranger, "/api/phone/claim", {{"ticket", secret}, {"platform_authenticator", true}}) ==
        "ticket_over");
  // The next log-in at that PC ends the session that was recorded.
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  attacker.cookies = session;
  CHECK(refused_as(attacker, "/api/enrollment", Json::object()) == "sign_in_session_missing");
  CHECK(world.phones_of("AB123456789").size() == 1);
}
