// Unknown, used, expired and revoked tickets: nobody outside can tell them apart.
#include "tests/unit/enroll/password_world.h"
#include "tests/unit/enroll/trace.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// One ticket of each kind that is no use to anybody.
std::map<std::string, std::string> dead_tickets(PasswordWorld& world) {
  std::map<std::string, std::string> secrets{{"unknown", random_secret(world.random, 16)}};
  const auto expired = world.issue("portal");
  world.clock.advance(std::chrono::hours(24 * 93));
  secrets["expired"] = expired.secret;

  const auto used = world.issue();
  Browser phone;
  REQUIRE(world.claim_with(phone, used.secret, used.password).status == 200);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, used.secret, authenticator).status == 200);
  secrets["just bound"] = used.secret;

  const auto closed = world.issue();
  Browser other;
  REQUIRE(world.claim_with(other, closed.secret, closed.password).status == 200);
  auto second = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(other, closed.secret, second).status == 200);
  REQUIRE(world.post(other, "/api/phone/label", {{"ticket", closed.secret}}).status == 200);
  secrets["used"] = closed.secret;

  const auto revoked = world.issue();
  REQUIRE(world.as_operator<void>([&](store::Transaction& transaction) {
    return enroll::revoke_ticket(transaction, revoked.id, "operator:test");
  }));
  secrets["revoked"] = revoked.secret;
  return secrets;
}

struct Seen {
  int status = 0;
  std::string body;
  std::multimap<std::string, std::string> headers;
  std::vector<std::string> statements;
  std::uint64_t runs = 0;
};

}  // namespace

TEST_CASE("unknown, used, expired and revoked tickets: same status, body, headers, queries, and one Argon2id run") {
  Trace trace;
  PasswordWorld world;
  world.put(world.person("AB123456789", true, world.clock.now() + 24h * 3650), "1001");
  const auto secrets = dead_tickets(world);
  const std::string call = GENERATE("claim with a password", "claim without", "look", "decline", "status");
  std::map<std::string, Seen> answers;
  for (const auto& [kind, secret] : secrets) {
    Browser stranger;
    const Digest named = hmac_sha256(as_bytes(secret), as_bytes("claim cookie"));
    stranger.cookies["__Host-tegata-phone-" + hex(ByteView(named).first(8))] = random_secret(world.random, 32);
    Json body{{"ticket", secret}};
    if (call.starts_with("claim")) body["platform_authenticator"] = true;
    if (call == "claim with a password") body["password"] = "k7mw-3x9p-htbv";
    const auto path = "/api/phone/" + call.substr(0, call.find(' '));
    const auto runs = world.passwords->runs();
    trace.taken();
    const auto answer = world.post(stranger, path, body);
    answers[kind] = {answer.status, answer.response.body, answer.response.headers, trace.taken(),
                     world.passwords->runs() - runs};
  }
  const auto& unknown = answers["unknown"];
  CHECK(unknown.status == 404);
  CHECK(parse_json(unknown.body)->value("code", "") == "E-204");
  CHECK_FALSE(unknown.statements.empty());
  CHECK(unknown.runs == (call == "claim with a password" ? 1 : 0));
  for (const auto& [kind, seen] : answers) {
    INFO(call << ", " << kind);
    CHECK(seen.status == unknown.status);
    CHECK(seen.body == unknown.body);
    CHECK(seen.headers == unknown.headers);
    CHECK(seen.statements == unknown.statements);
    CHECK(seen.runs == unknown.runs);
  }
}

TEST_CASE("a live ticket's password cannot be tried without its QR, and its lock is told to nobody else") {
  PasswordWorld world;
  const auto ticket = world.issue();
  for (int i = 0; i < 50; ++i) {
    world.address = "192.0.2." + std::to_string(100 + i);
    CHECK(world.stranger_tries("guess-" + std::to_string(i), ticket.password) == 404);
  }
  CHECK(world.stranger_tries(ticket.id, ticket.password) == 404);  // the public id opens nothing
  CHECK(world.row(ticket.id).tries_left == 5);
  CHECK(world.passwords->evaluated() == 0);
}

TEST_CASE("defect: claims on unknown tickets used up all turns") {
  PasswordWorld world({.patience = 0ms});
  world.put(world.person("AB123456789", true, world.clock.now() + 24h * 3650), "1001");
  const auto dead = dead_tickets(world);
  const auto live = world.issue();
  using Claim = enroll::PasswordWork::Claim;
  SECTION("unknown and ended ones have one turn of the four") {
    const auto flood = world.passwords->take_turn(Claim::stray);
    REQUIRE(flood);
    CHECK_FALSE(world.passwords->take_turn(Claim::stray));
    for (const auto& [kind, secret] : dead) {
      INFO(kind);
      CHECK(world.stranger_tries(secret, live.password) == 503);
      CHECK(world.newest_refusal() == "ticket_busy");
    }
    CHECK(world.stranger_tries(live.secret, live.password) == 200);
  }
  SECTION("so is a locked one: whoever holds its QR fills no more than that turn") {
    for (int i = 0; i < 5; ++i) world.stranger_tries(live.secret, "wrong-" + std::to_string(i));
    REQUIRE(world.row(live.id).locked);
    const auto flood = world.passwords->take_turn(Claim::stray);
    CHECK(world.stranger_tries(live.secret, live.password) == 503);
    CHECK(world.newest_refusal() == "ticket_busy");
  }
  SECTION("live ones have all four, and what waits for none is not waited for") {
    std::vector<enroll::PasswordWork::Turn> turns;
    for (int i = 0; i < 4; ++i) {
      auto turn = world.passwords->take_turn(Claim::live);
      REQUIRE(turn);
      turns.push_back(std::move(*turn));
    }
    CHECK_FALSE(world.passwords->take_turn(Claim::live));
    CHECK_FALSE(world.passwords->take_turn(Claim::stray));
    turns.pop_back();
    CHECK(world.passwords->take_turn(Claim::stray));
  }
}

TEST_CASE("claims are counted by source before the Argon2id run, those of no ticket apart from those of one") {
  PasswordWorld world;
  const auto ticket = world.issue(), other = world.issue();
  Browser stranger;
  for (int i = 0; i < 10; ++i) {
    CHECK(world.claim_with(stranger, "guess-" + std::to_string(i), ticket.password).status == 404);
  }
  const auto runs = world.passwords->runs();
  const auto refused = world.claim_with(stranger, "guess", ticket.password);
  CHECK(refused.status == 429);
  CHECK(refused.body["code"] == "E-907");
  CHECK(refused.response.cause == "ticket_claims_too_many");
  CHECK(refused.response.headers.find("Retry-After")->second == "6");
  CHECK(world.passwords->runs() == runs);
  // Behind the same address: who has a ticket claims it, and repeats himself ten times at most.
  CHECK(world.claim_with(stranger, ticket.secret, "wrong").status == 403);
  for (int i = 0; i < 9; ++i) CHECK(world.claim_with(stranger, ticket.secret, "wrong").status == 403);
  CHECK(world.claim_with(stranger, ticket.secret, ticket.password).response.cause == "ticket_claims_too_many");
  CHECK(world.row(ticket.id).tries_left == 4);
  CHECK(world.claim_with(stranger, other.secret, other.password).status == 200);
  world.clock.advance(6s);
  CHECK(world.claim_with(stranger, "guess", ticket.password).status == 404);
  CHECK(world.claim_with(stranger, ticket.secret, ticket.password).status == 200);
}

TEST_CASE("defect: whoever repeated one guess at a ticket kept its owner out, without a lock") {
  PasswordWorld world;
  const auto ticket = world.issue();
  Browser thief, owner;
  world.address = "192.0.2.70";
  for (int i = 0; i < 10; ++i) CHECK(world.claim_with(thief, ticket.secret, "wrong").status == 403);
  CHECK(world.claim_with(thief, ticket.secret, "wrong").response.cause == "ticket_claims_too_many");
  world.address = "192.0.2.71";
  CHECK(world.claim_with(owner, ticket.secret, ticket.password).status == 200);
}

TEST_CASE("one IPv6 network claims what is no ticket eighty times in a minute, and nobody else is concerned") {
  PasswordWorld world;
  int checked = 0;
  for (int i = 0; i < 200; ++i) {
    world.address = "2001:db8:1:" + std::to_string(i) + "::1";
    checked += world.stranger_tries("guess-" + std::to_string(i), "k7mw-3x9p-htbv") == 404;
  }
  CHECK(checked == 80);
  world.address = "2001:db8:2::1";
  CHECK(world.stranger_tries("guess", "k7mw-3x9p-htbv") == 404);
}
