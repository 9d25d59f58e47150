// Tickets by letter and by portal: the whole way, tries, locks, ownership.
#include <algorithm>

#include "tests/unit/enroll/password_world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("a ticket by letter or portal: password, registration, label, without any PC") {
  const std::string origin = GENERATE("mailed", "portal");
  PasswordWorld world;
  const auto ticket = world.issue(origin);
  Browser phone;
  const auto look = world.post(phone, "/api/phone/look", {{"ticket", ticket.secret}});
  REQUIRE(look.status == 200);
  CHECK(look.body["password"] == true);
  CHECK(look.body["mine"] == false);
  CHECK(look.body["practitioner_id_masked"] == "AB•••••••89");
  CHECK_FALSE(look.body.contains("tries_left"));  // nobody has tried yet
  CHECK(world.claim(phone, ticket.secret).body["code"] == "E-221");
  CHECK(world.post(phone, "/api/phone/options", {{"ticket", ticket.secret}}).status >= 400);

  const auto claimed = world.claim_with(phone, ticket.secret, ticket.password);
  REQUIRE(claimed.status == 200);
  CHECK(claimed.body["practitioner_id"] == "AB123456789");
  CHECK(claimed.body["state"] == "confirmed");
  CHECK(claimed.body["match_number"] == "");
  CHECK(world.post(phone, "/api/phone/status", {{"ticket", ticket.secret}}).body["state"] == "confirmed");
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, ticket.secret, authenticator).status == 200);
  CHECK(world.post(phone, "/api/phone/label", {{"ticket", ticket.secret}}).body["state"] == "done");
  const auto bound = world.phones_of("AB123456789");
  REQUIRE(bound.size() == 1);
  CHECK(bound[0].origin == origin);
  CHECK(world.count_audit("ticket_issued") == 1);
  CHECK(world.count_audit("ticket_claimed") == 1);
  // Used: for everybody else as if it had never been.
  Browser other;
  CHECK(world.claim_with(other, ticket.secret, ticket.password).status == 404);
}

TEST_CASE("the fifth wrong password locks, the same one counts once, and the page hears what is left") {
  PasswordWorld world;
  const auto ticket = world.issue();
  Browser phone;
  for (int i = 0; i < 4; ++i) {
    world.clock.advance(1min);  // one ticket is claimed ten times in a minute at most
    for (int repeat = 0; repeat < 3; ++repeat) {
      const auto refused = world.claim_with(phone, ticket.secret, "wrong-" + std::to_string(i));
      CHECK(refused.status == 403);
      CHECK(refused.body["code"] == "E-222");
      CHECK(refused.body["counts"] == true);
      CHECK(refused.body["tries_left"] == 4 - i);
    }
  }
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", ticket.secret}}).body["tries_left"] == 1);
  const auto fifth = world.claim_with(phone, ticket.secret, "wrong-4");
  CHECK(fifth.body["code"] == "E-205");
  CHECK(fifth.response.cause == "ticket_locked");
  CHECK(world.claim_with(phone, ticket.secret, ticket.password).body["code"] == "E-205");
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", ticket.secret}}).body["code"] == "E-205");
  CHECK(world.count_audit("ticket_try_reserved") == 5);
  CHECK(world.count_audit("ticket_password_wrong") == 5);
  CHECK(world.count_audit("ticket_locked") == 1);
  CHECK(world.row(ticket.id).locked);

  const auto unlocked = world.as_operator<void>([&](store::Transaction& transaction) {
    return enroll::unlock_ticket(transaction, world.rules, ticket.id, "operator:test");
  });
  REQUIRE(unlocked);
  CHECK(world.row(ticket.id).tries_left == 5);
  CHECK(world.claim_with(phone, ticket.secret, "wrong-0").body["tries_left"] == 5);  // counted once, for ever
  CHECK(world.claim_with(phone, ticket.secret, ticket.password).status == 200);
}

TEST_CASE("the right password at the fifth try opens, and costs no try") {
  PasswordWorld world;
  const auto ticket = world.issue();
  Browser phone;
  for (int i = 0; i < 4; ++i) world.claim_with(phone, ticket.secret, "wrong-" + std::to_string(i));
  CHECK(world.claim_with(phone, ticket.secret, ticket.password).status == 200);
  CHECK(world.row(ticket.id).tries_left == 1);
}

TEST_CASE("a password is taken as people type it") {
  PasswordWorld world;
  const auto ticket = world.issue();
  auto typed = ticket.password;
  SECTION("in capitals") { std::transform(typed.begin(), typed.end(), typed.begin(), ::toupper); }
  SECTION("with spaces instead of hyphens") { std::replace(typed.begin(), typed.end(), '-', ' '); }
  SECTION("full-width, with the long-vowel mark") {
    std::string wide;
    for (const char c : typed) {
      if (c == '-')
        wide += "ー";
      else if (c >= 'a')
        wide += std::string("\xEF\xBD") + static_cast<char>(0x81 + (c - 'a'));
      else
        wide += std::string("\xEF\xBC") + static_cast<char>(0x90 + (c - '0'));
    }
    typed = wide;
  }
  Browser phone;
  CHECK(world.claim_with(phone, ticket.secret, typed).status == 200);
}

TEST_CASE("passwords have no letters that look alike, and no two are the same") {
  RepeatableRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const auto password = enroll::make_password(random, 12);
    CHECK(password.size() == 14);
    CHECK(password.find_first_of("01oilOIL") == std::string::npos);
    CHECK(enroll::plain_password(password).size() == 12);
    CHECK(seen.insert(password).second);
  }
}

TEST_CASE("ownership lapses after 15 minutes without a registration; the password, sent again, is free") {
  PasswordWorld world;
  const auto ticket = world.issue();
  Browser phone;
  REQUIRE(world.claim_with(phone, ticket.secret, ticket.password).status == 200);
  world.clock.advance(14min + 59s);
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", ticket.secret}}).body["mine"] == true);
  CHECK(world.claim(phone, ticket.secret).status == 200);  // a reload needs no password
  world.clock.advance(1s);
  CHECK(world.post(phone, "/api/phone/options", {{"ticket", ticket.secret}}).body["code"] == "E-224");
  CHECK(world.newest_refusal() == "ticket_ownership_lapsed");
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", ticket.secret}}).body["password"] == true);
  CHECK(world.claim(phone, ticket.secret).body["code"] == "E-221");
  CHECK(world.claim_with(phone, ticket.secret, ticket.password).status == 200);
  CHECK(world.row(ticket.id).tries_left == 5);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, ticket.secret, authenticator).status == 200);
  world.clock.advance(14min);
  CHECK(world.post(phone, "/api/phone/label", {{"ticket", ticket.secret}}).status == 200);
}

TEST_CASE("a registration that began before the time as owner ran out does not bind after it") {
  PasswordWorld world;
  const auto ticket = world.issue();
  Browser phone;
  REQUIRE(world.claim_with(phone, ticket.secret, ticket.password).status == 200);
  const auto options = world.post(phone, "/api/phone/options", {{"ticket", ticket.secret}});
  REQUIRE(options.status == 200);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto credential = authenticator.create(options.body["publicKey"], public_origin, {}, world.random);
  REQUIRE(credential);
  world.clock.advance(15min);
  const auto late = world.post(phone, "/api/phone/register", {{"ticket", ticket.secret}, {"credential", *credential}});
  CHECK(late.body["code"] == "E-224");
  CHECK(world.phones_of("AB123456789").empty());
}

TEST_CASE("the next right password takes the ticket over, and a stranger's decline does nothing") {
  PasswordWorld world;
  const auto ticket = world.issue();
  Browser first, second, stranger;
  REQUIRE(world.claim_with(first, ticket.secret, ticket.password).status == 200);
  CHECK(world.post(stranger, "/api/phone/decline", {{"ticket", ticket.secret}}).status == 404);
  REQUIRE(world.claim_with(second, ticket.secret, ticket.password).status == 200);
  CHECK(world.post(first, "/api/phone/options", {{"ticket", ticket.secret}}).body["code"] == "E-204");
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(second, ticket.secret, authenticator).status == 200);
}

TEST_CASE("a failed biometric ten times keeps ticket, ownership and tries") {
  PasswordWorld world;
  const auto ticket = world.issue();
  Browser phone;
  REQUIRE(world.claim_with(phone, ticket.secret, ticket.password).status == 200);
  for (int i = 0; i < 10; ++i) {
    auto failing = tegata::sandbox::authenticator::Authenticator::make(world.random);
    Behaviour behaviour;
    behaviour.lie = Lie::no_uv;
    CHECK(world.try_register(phone, ticket.secret, failing, behaviour).body["cause"] == "webauthn_user_not_verified");
    world.start();  // a restart between any two steps loses nothing
  }
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, ticket.secret, authenticator).status == 200);
}

TEST_CASE("what is refused before the guess is written down counts nothing") {
  PasswordWorld world({.runs = 1, .waiting = 0, .patience = 0ms});
  const auto ticket = world.issue();
  Browser phone;
  {
    const auto taken = world.passwords->take_turn(enroll::PasswordWork::Claim::live);
    REQUIRE(taken);
    const auto busy = world.claim_with(phone, ticket.secret, "wrong");
    CHECK(busy.status == 503);
    CHECK(busy.response.headers.count("Retry-After") == 1);
    CHECK(busy.response.cause == "ticket_busy");
    CHECK(world.claim_with(phone, "unknown", "wrong").status == 503);
  }
  const auto long_one = world.claim_with(phone, ticket.secret, std::string(257, 'x'));
  CHECK(long_one.status == 413);
  CHECK(world.row(ticket.id).tries_left == 5);
  CHECK(world.count_audit("ticket_try_reserved") == 0);
  CHECK(world.passwords->runs() == 0);
}

TEST_CASE("origins that operators issue are not begun at a screen, and those of a screen are not issued") {
  PasswordWorld world;
  const auto refused =
      enroll::prepare_ticket(world.rules, {"AB123456789", "card", "", 0}, world.random, world.clock.now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::ticket_origin_unknown);
  CHECK_FALSE(enroll::prepare_ticket(world.rules, {"AB123456789", "pigeon", "", 0}, world.random, world.clock.now()));
}

TEST_CASE("a line of a batch gets one ticket, and the same ticket again is none") {
  PasswordWorld world;
  const auto ticket = world.prepare("mailed", "2026-11", 3);
  auto stands = world.put(ticket);
  REQUIRE(stands);
  CHECK(*stands);
  stands = world.put(ticket);
  REQUIRE(stands);
  CHECK_FALSE(*stands);
  stands = world.put(world.prepare("mailed", "2026-11", 3));
  REQUIRE_FALSE(stands);
  CHECK(stands.error().code() == errors::ticket_batch_line_taken);
  CHECK(world.count_audit("ticket_issued") == 1);
  CHECK(*world.put(world.prepare("mailed", "2026-11", 4)));
  CHECK(*world.put(world.prepare("mailed", "2026-12", 3)));
}

TEST_CASE("operators' refusals name their cause") {
  PasswordWorld world;
  const auto ticket = world.issue();
  const auto revoke = [&](const std::string& id) {
    return world.as_operator<void>(
        [&](store::Transaction& transaction) { return enroll::revoke_ticket(transaction, id, "operator:test"); });
  };
  CHECK(revoke("none").error().code() == errors::ticket_unknown);
  REQUIRE(revoke(ticket.id));
  CHECK(revoke(ticket.id).error().code() == errors::ticket_not_live);
  CHECK(world.row(ticket.id).reason == "ticket_revoked");
  CHECK(world.count_audit("ticket_revoked") == 1);
  const auto unlock = world.as_operator<void>([&](store::Transaction& transaction) {
    return enroll::unlock_ticket(transaction, world.rules, ticket.id, "operator:test");
  });
  CHECK(unlock.error().code() == errors::ticket_not_live);
  world.put(world.person("AB123456789", false, world.clock.now() + 1h), "1001");
  CHECK(world.put(world.prepare()).error().code() == errors::ticket_person_not_in_good_standing);
}
