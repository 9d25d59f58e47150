// Changing to a new phone, from the PC with a card and from the old phone; limits of phones and their labels.
#include <set>
#include <thread>

#include "enroll/phones.h"
#include "rp/store/engine/errors.h"
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// Takes a ticket of `screen` to the register button on `phone`.
std::string confirmed(World& world, Browser& screen, Browser& phone) {
  const auto secret = world.ticket(screen);
  const auto claimed = world.claim(phone, secret);
  REQUIRE(claimed.status == 200);
  REQUIRE(world.post(screen, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
  return secret;
}

// Answers with whatever it has, whichever credential it was asked for.
Answer prove_with_own(World& world, Browser& phone, const std::string& secret,
                      tegata::sandbox::authenticator::Authenticator& authenticator) {
  auto options = world.post(phone, "/api/phone/prove/options", {{"ticket", secret}});
  REQUIRE(options.status == 200);
  options.body["publicKey"]["allowCredentials"] = Json::array();
  const auto made = authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
  REQUIRE(made);
  return world.post(phone, "/api/phone/prove", {{"ticket", secret}, {"credential", *made}});
}

Answer prove(World& world, Browser& phone, const std::string& secret,
             tegata::sandbox::authenticator::Authenticator& authenticator, const Behaviour& behaviour = {}) {
  const auto options = world.post(phone, "/api/phone/prove/options", {{"ticket", secret}});
  if (options.status != 200) return options;
  const auto made = authenticator.get(options.body["publicKey"], public_origin, behaviour, world.random);
  REQUIRE(made);
  return world.post(phone, "/api/phone/prove", {{"ticket", secret}, {"credential", *made}});
}

Json change(World& world, Browser& screen) { return world.get(screen, "/api/devices").body["change"]; }

struct PhoneOwner {
  explicit PhoneOwner(World& world) : authenticator(tegata::sandbox::authenticator::Authenticator::make(world.random)) {
    Browser pc;
    const auto secret = world.confirmed_ticket(pc, phone);
    REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
    id = base64url(authenticator.credentials()[0].id);
  }
  Browser phone;
  tegata::sandbox::authenticator::Authenticator authenticator;
  std::string id;
};

}  // namespace

TEST_CASE("device change from the PC: the new phone is added, proves itself, and then the old one is offered") {
  World world;
  PhoneOwner old(world);
  Browser pc, phone;
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const auto secret = confirmed(world, pc, phone);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
  CHECK(world.post(phone, "/api/phone/status", {{"ticket", secret}}).body["change"] == true);
  CHECK(change(world, pc)["proven"] == false);
  CHECK(change(world, pc)["removable"].empty());
  REQUIRE(world.post(phone, "/api/phone/label", {{"ticket", secret}}).status == 200);
  // The old phone cannot prove the new one.
  CHECK(prove_with_own(world, phone, secret, old.authenticator).status == 403);
  CHECK(world.newest_refusal() == "webauthn_credential_not_allowed");
  CHECK(change(world, pc)["proven"] == false);
  REQUIRE(prove(world, phone, secret, authenticator).status == 200);
  CHECK(change(world, pc)["proven"] == true);
  CHECK(change(world, pc)["already_bound"] == false);
  CHECK(change(world, pc)["removable"] == Json::array({old.id}));
  REQUIRE(world.post(pc, "/api/devices/remove", {{"credential_id", old.id}}).status == 200);
  CHECK(world.phones_of("AB123456789").size() == 1);
  CHECK(change(world, pc)["removable"].empty());
}

TEST_CASE("device change from the old phone: a short ticket of its own origin") {
  World world;
  PhoneOwner old(world);
  const auto options = world.post(old.phone, "/api/devices/login/options", Json::object());
  const auto made = old.authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
  REQUIRE(world.post(old.phone, "/api/devices/login", {{"credential", *made}}).status == 200);
  Browser phone;
  SECTION("in time") {
    const auto secret = confirmed(world, old.phone, phone);
    auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
    REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
    REQUIRE(prove(world, phone, secret, authenticator).status == 200);
    CHECK(change(world, old.phone)["removable"] == Json::array({old.id}));
    const auto phones = world.phones_of("AB123456789");
    REQUIRE(phones.size() == 2);
    CHECK(phones[1].origin == "bound-phone");
  }
  SECTION("its life is five minutes") {
    const auto secret = world.ticket(old.phone);
    world.clock.advance(300s);
    CHECK(world.claim(phone, secret).status == 404);
    CHECK(world.newest_refusal() == "ticket_expired");
  }
  SECTION("defect: a phone that was left lying about could add another after the first minutes") {
    world.clock.advance(300s);
    CHECK(world.post(old.phone, "/api/enrollment", Json::object()).status == 403);
    CHECK(world.newest_refusal() == "devices_step_up_needed");
  }
}

TEST_CASE(
    "a phone that has a synced credential already is bound: proven, finished, and that credential is not offered") {
  World world;
  PhoneOwner old(world);
  Browser pc, phone;
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const auto secret = confirmed(world, pc, phone);
  const auto proven = prove(world, phone, secret, old.authenticator);
  REQUIRE(proven.status == 200);
  CHECK(proven.body["label"] == world.phones_of("AB123456789")[0].label);
  CHECK(world.pc_state(pc) == "registered");
  CHECK(change(world, pc)["already_bound"] == true);
  CHECK(change(world, pc)["credential_id"] == old.id);
  CHECK(change(world, pc)["removable"].empty());
  REQUIRE(world.post(phone, "/api/phone/label", {{"ticket", secret}}).status == 200);
  CHECK(world.pc_state(pc) == "done");
  CHECK(world.phones_of("AB123456789").size() == 1);
  CHECK(world.count_audit("credential_proven") == 1);
}

TEST_CASE("proving is refused") {
  World world;
  Browser pc, phone;
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  SECTION("nothing is bound yet") {
    const auto secret = world.confirmed_ticket(pc, phone);
    CHECK(world.post(phone, "/api/phone/prove/options", {{"ticket", secret}}).status == 409);
    CHECK(world.newest_refusal() == "ticket_no_bound_phone");
  }
  SECTION("a wrong signature leaves the ticket as it was; a challenge is good once") {
    PhoneOwner old(world);
    REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
    const auto secret = confirmed(world, pc, phone);
    Behaviour behaviour;
    behaviour.lie = Lie::bogus_signature;
    CHECK(prove(world, phone, secret, old.authenticator, behaviour).status == 403);
    CHECK(world.newest_refusal() == "webauthn_signature_invalid");
    CHECK(world.pc_state(pc) == "confirmed");
    const auto options = world.post(phone, "/api/phone/prove/options", {{"ticket", secret}});
    const auto made = old.authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
    REQUIRE(world.post(phone, "/api/phone/prove", {{"ticket", secret}, {"credential", *made}}).status == 200);
    CHECK(world.post(phone, "/api/phone/prove", {{"ticket", secret}, {"credential", *made}}).status == 409);
  }
  SECTION("not by another browser") {
    PhoneOwner old(world);
    REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
    const auto secret = confirmed(world, pc, phone);
    Browser other;
    CHECK(world.post(other, "/api/phone/prove/options", {{"ticket", secret}}).status == 404);
    CHECK(world.newest_refusal() == "ticket_not_owner");
  }
}

TEST_CASE("at a limit of five phones, 64 parallel registrations leave exactly five") {
  World world;
  struct Attempt {
    Browser pc, phone;
    std::string secret;
    Json credential;
  };
  std::vector<Attempt> attempts(64);
  for (auto& attempt : attempts) {
    world.clock.advance(2s);
    attempt.secret = world.confirmed_ticket(attempt.pc, attempt.phone);
    const auto options = world.post(attempt.phone, "/api/phone/options", {{"ticket", attempt.secret}});
    REQUIRE(options.status == 200);
    auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
    attempt.credential = *authenticator.create(options.body["publicKey"], public_origin, {}, world.random);
  }
  std::atomic<int> bound{0}, full{0}, others{0};
  std::vector<std::thread> threads;
  for (auto& attempt : attempts) {
    threads.emplace_back([&] {
      auto out = world.request(attempt.phone, "POST", "/api/phone/register");
      out.headers.emplace("origin", public_origin);
      out.headers.emplace("sec-fetch-site", "same-origin");
      out.headers.emplace("content-type", "application/json");
      out.body = dump_json({{"ticket", attempt.secret}, {"credential", attempt.credential}});
      const auto answer = world.router.handle(out);
      bound += answer.status == 200;
      full += answer.status == 409 && answer.body.find("store_too_many_phones") != std::string::npos;
      others += answer.status != 200 && answer.status != 409;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(bound == 5);
  CHECK(full == 59);
  CHECK(others == 0);
  const auto phones = world.phones_of("AB123456789");
  REQUIRE(phones.size() == 5);
  std::set<std::string> labels;
  for (const auto& phone : phones) labels.insert(phone.label_key);
  CHECK(labels.size() == 5);
  // The sixth hears it before the prompt, and the ticket is kept.
  Browser pc, phone;
  world.clock.advance(60s);
  const auto secret = world.confirmed_ticket(pc, phone);
  CHECK(world.post(phone, "/api/phone/options", {{"ticket", secret}}).body["cause"] == "store_too_many_phones");
  CHECK(world.pc_state(pc) == "confirmed");
}

TEST_CASE("the label of a removed phone stays taken for 90 days") {
  World world;
  PhoneOwner old(world);
  const auto label = world.phones_of("AB123456789")[0].label;
  Browser pc;
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  REQUIRE(world.post(pc, "/api/devices/remove", {{"credential_id", old.id}}).status == 200);
  PhoneOwner next(world);
  CHECK(world.phones_of("AB123456789")[0].label == label + " (2)");
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const Json rename = {{"credential_id", next.id}, {"label", label}};
  CHECK(world.post(pc, "/api/devices/rename", rename).status == 409);
  world.clock.advance(24h * 90);
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  CHECK(world.post(pc, "/api/devices/rename", rename).status == 200);
}
