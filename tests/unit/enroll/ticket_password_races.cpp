// Many guesses at once, and a server that is killed while it checks one.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/unit/enroll/password_world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// One server that is killed by SIGKILL between the reservation and the answer of this guess.
void guess_and_die(PasswordWorld& world, const std::string& secret, const std::string& password) {
  world.stop();
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    enroll::PasswordWork::Settings settings;
    settings.before_run = [] { ::kill(::getpid(), SIGKILL); };
    world.with(std::move(settings));
    world.stranger_tries(secret, password);
    ::_exit(1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
  world.start();
}

// What is tested is what stands behind the limits by source.
std::shared_ptr<enroll::Limits> far_limits() {
  const Rate far = per_minute(1000);
  return std::make_shared<enroll::Limits>(std::make_shared<const KnownNetworks>(), enroll::ClaimRates{far, far, far});
}

}  // namespace

TEST_CASE("100 parallel wrong passwords: at most five are evaluated, then the ticket is locked") {
  PasswordWorld world({.runs = 4, .waiting = 400, .patience = 60s});
  world.limits = far_limits();
  world.start();
  const auto ticket = world.issue();
  std::atomic<int> answered{0};
  std::vector<std::thread> phones;
  for (int i = 0; i < 100; ++i) {
    phones.emplace_back([&, i] {
      const auto status = world.stranger_tries(ticket.secret, "wrong-" + std::to_string(i));
      answered += status == 403 || status == 409;
    });
  }
  for (auto& phone : phones) phone.join();
  CHECK(answered == 100);
  CHECK(world.passwords->runs() == 100);
  CHECK(world.passwords->evaluated() <= 5);
  CHECK(world.count_audit("ticket_try_reserved") == 5);
  CHECK(world.row(ticket.id).locked);
  Browser phone;
  CHECK(world.claim_with(phone, ticket.secret, ticket.password).body["code"] == "E-205");
}

TEST_CASE("the same wrong password 50 times in parallel is one try") {
  PasswordWorld world({.runs = 4, .waiting = 400, .patience = 60s});
  world.limits = far_limits();
  world.start();
  const auto ticket = world.issue();
  std::vector<std::thread> phones;
  for (int i = 0; i < 50; ++i) phones.emplace_back([&] { world.stranger_tries(ticket.secret, "wrong"); });
  for (auto& phone : phones) phone.join();
  CHECK(world.row(ticket.id).tries_left == 4);
  CHECK(world.count_audit("ticket_password_wrong") == 1);
}

TEST_CASE("the right password among parallel wrong ones opens or finds the lock, and never costs a sixth try") {
  PasswordWorld world({.runs = 4, .waiting = 400, .patience = 60s});
  world.limits = far_limits();
  world.start();
  const auto ticket = world.issue();
  std::atomic<int> opened{0};
  std::vector<std::thread> phones;
  for (int i = 0; i < 40; ++i) {
    phones.emplace_back([&, i] {
      const auto guess = i % 4 == 0 ? ticket.password : "wrong-" + std::to_string(i);
      opened += world.stranger_tries(ticket.secret, guess) == 200;
    });
  }
  for (auto& phone : phones) phone.join();
  const auto wrong = world.count_audit("ticket_password_wrong");
  CHECK(wrong <= 5);
  CHECK(world.row(ticket.id).tries_left == static_cast<std::int64_t>(5 - wrong));
  CHECK((opened > 0 || world.row(ticket.id).locked));
}

TEST_CASE("killed between guess and answer: the guess stays charged, once, and is free to send again") {
  PasswordWorld world;
  const auto ticket = world.issue();
  guess_and_die(world, ticket.secret, "wrong-0");
  CHECK(world.row(ticket.id).tries_left == 4);
  guess_and_die(world, ticket.secret, "wrong-0");
  guess_and_die(world, ticket.secret, "wrong-0");
  CHECK(world.row(ticket.id).tries_left == 4);  // never charged twice
  Browser phone;
  CHECK(world.claim_with(phone, ticket.secret, "wrong-1").body["tries_left"] == 3);  // never given to another guess
  CHECK(world.claim_with(phone, ticket.secret, "wrong-0").body["tries_left"] == 3);
  CHECK(world.count_audit("ticket_try_reserved") == 2);
}

TEST_CASE("the right password at the fifth try, with the server killed during it, works when it is sent again") {
  PasswordWorld world;
  const auto ticket = world.issue();
  Browser phone;
  for (int i = 0; i < 4; ++i) world.claim_with(phone, ticket.secret, "wrong-" + std::to_string(i));
  guess_and_die(world, ticket.secret, ticket.password);
  // Meanwhile no other guess takes its place, and the page is not told that all is lost.
  CHECK(world.row(ticket.id).tries_left == 0);
  CHECK_FALSE(world.row(ticket.id).locked);
  const auto other = world.claim_with(phone, ticket.secret, "another");
  CHECK(other.status == 409);
  CHECK(other.body["code"] == "E-223");
  CHECK(other.response.cause == "ticket_password_unanswered");
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", ticket.secret}}).body["tries_left"] == 0);
  const auto again = world.claim_with(phone, ticket.secret, ticket.password);
  REQUIRE(again.status == 200);
  CHECK(world.row(ticket.id).tries_left == 1);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, ticket.secret, authenticator).status == 200);
}

TEST_CASE("an answer that was lost: the right password again, from a browser that never got its cookie") {
  PasswordWorld world;
  const auto ticket = world.issue();
  CHECK(world.stranger_tries(ticket.secret, ticket.password) == 200);
  Browser phone;
  REQUIRE(world.claim_with(phone, ticket.secret, ticket.password).status == 200);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, ticket.secret, authenticator).status == 200);
}
