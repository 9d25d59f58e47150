// A ticket by registration number waits until a phone that is bound already says yes; who has none gets a letter.
#include "enroll/ticket_issue.h"
#include "tests/unit/enroll/number_world.h"

using namespace tegata;
using namespace tegata::test;
using enroll::NumberConfirmation;

namespace {

// A phone of the sample person, bound by card, signed in at the page of phones.
struct ApprovingOwner {
  explicit ApprovingOwner(World& of)
      : world(of), authenticator(tegata::sandbox::authenticator::Authenticator::make(world.random)) {
    Browser pc;
    const auto secret = world.confirmed_ticket(pc, phone);
    REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
  }
  void sign_in() {
    const auto options = world.post(phone, "/api/devices/login/options", Json::object());
    const auto made = authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
    REQUIRE(made);
    REQUIRE(world.post(phone, "/api/devices/login", {{"credential", *made}}).status == 200);
  }
  // What waits, as the page lists it.
  Json waiting() { return world.get(phone, "/api/devices").body["approvals"]; }
  Answer approve(const std::string& ticket, const std::string& number) {
    return world.post(phone, "/api/devices/approve", {{"ticket_id", ticket}, {"number", number}});
  }
  Answer decline(const std::string& ticket) {
    return world.post(phone, "/api/devices/decline", {{"ticket_id", ticket}});
  }

  World& world;
  Browser phone;
  tegata::sandbox::authenticator::Authenticator authenticator;
};

struct Waiting {
  explicit Waiting(NumberWorld& world) : secret(world.confirmed_by_number(pc, phone)) {
    const auto status = world.post(phone, "/api/phone/status", {{"ticket", secret}}).body;
    number = status["match_number"];
    mark = status["mark"];
    id = world.get(pc, "/api/enrollment").body["ticket_id"];
  }
  std::string other_number() const { return number == "00" ? "01" : "00"; }
  Browser pc, phone;
  std::string secret, number, mark, id;
};

}  // namespace

TEST_CASE("the new phone cannot register before a bound one has typed its number") {
  NumberWorld world(NumberConfirmation::bound_phone);
  ApprovingOwner owner(world);
  Waiting waiting(world);
  const auto status = world.post(waiting.phone, "/api/phone/status", {{"ticket", waiting.secret}});
  CHECK(status.body["approval"] == true);
  CHECK(status.body["practitioner_id"] != "AB123456789");  // masked for whoever has the numbers alone
  CHECK(world.get(waiting.pc, "/api/enrollment").body["practitioner_id"] != "AB123456789");
  CHECK(waiting.number.size() == 2);
  CHECK(world.get(waiting.pc, "/api/enrollment").body["approval"] == true);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(waiting.phone, waiting.secret, authenticator).status == 409);
  CHECK(world.newest_refusal() == "ticket_not_approved");

  owner.sign_in();
  const auto page = world.get(owner.phone, "/api/devices").body;
  REQUIRE(page["approvals"].size() == 1);
  const auto shown = page["approvals"][0];
  CHECK(shown["ticket_id"] == waiting.id);
  CHECK(shown["device"].get<std::string>().find("iPhone") == 0);
  CHECK(shown["pc"].get<std::string>().find("iPhone") == 0);  // every browser of these tests is one
  CHECK(shown["by_this_session"] == true);
  CHECK(waiting.mark.size() == 3);
  CHECK(shown["mark"] == waiting.mark);
  CHECK(world.get(waiting.pc, "/api/enrollment").body["mark"] == waiting.mark);
  CHECK(page.dump().find("\"" + waiting.number + "\"") == std::string::npos);  // it is typed, never shown here
  REQUIRE(owner.approve(waiting.id, waiting.number).status == 200);
  CHECK(world.count_audit("ticket_approved") == 1);
  CHECK(owner.waiting().empty());
  CHECK(world.post(waiting.phone, "/api/phone/status", {{"ticket", waiting.secret}}).body["approval"] == false);
  CHECK(world.get(waiting.pc, "/api/enrollment").body["practitioner_id"] == "AB123456789");
  REQUIRE(world.try_register(waiting.phone, waiting.secret, authenticator).status == 200);
  CHECK(world.phones_of("AB123456789").size() == 2);
  CHECK(owner.approve(waiting.id, waiting.number).status == 409);
  CHECK(world.newest_refusal() == "ticket_approval_unknown");
}

TEST_CASE("defect: whoever had the numbers was told a person's credentials before the approval") {
  NumberWorld world(NumberConfirmation::bound_phone);
  ApprovingOwner owner(world);
  Waiting waiting(world);
  CHECK(world.post(waiting.phone, "/api/phone/prove/options", {{"ticket", waiting.secret}}).status == 409);
  CHECK(world.newest_refusal() == "ticket_not_approved");
}

TEST_CASE("whatever challenge a phone brings, it registers nothing without the approval") {
  NumberWorld world(NumberConfirmation::bound_phone);
  ApprovingOwner owner(world);
  Waiting waiting(world);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  Json creation = {{"challenge", base64url(Bytes(32, 1))},
                   {"rp", {{"id", "localhost"}, {"name", "Tegata"}}},
                   {"user", {{"id", base64url(Bytes(64, 1))}, {"name", "x"}, {"displayName", "x"}}},
                   {"pubKeyCredParams", Json::array({{{"type", "public-key"}, {"alg", -7}}})},
                   {"attestation", "none"}};
  const auto made = authenticator.create(creation, public_origin, {}, world.random);
  REQUIRE(made);
  CHECK(world.post(waiting.phone, "/api/phone/register", {{"ticket", waiting.secret}, {"credential", *made}}).status ==
        409);
  CHECK(world.newest_refusal() == "ticket_not_approved");
  CHECK(world.phones_of("AB123456789").size() == 1);
}

TEST_CASE("approving is refused, each for its own reason") {
  NumberWorld world(NumberConfirmation::bound_phone);
  ApprovingOwner owner(world);
  Waiting waiting(world);
  SECTION("a wrong number ends the ticket on all three screens") {
    owner.sign_in();
    CHECK(owner.approve(waiting.id, waiting.other_number()).status == 409);
    CHECK(world.newest_refusal() == "ticket_wrong_number");
    CHECK(world.pc_state(waiting.pc) == "rejected");
    CHECK(owner.approve(waiting.id, waiting.number).status == 409);
    CHECK(world.newest_refusal() == "ticket_approval_unknown");
  }
  SECTION("what is no number changes nothing") {
    owner.sign_in();
    CHECK(owner.approve(waiting.id, "4").status == 422);
    CHECK(world.newest_refusal() == "ticket_number_malformed");
    CHECK(owner.approve(waiting.id, waiting.number).status == 200);
  }
  SECTION("a card is no phone") {
    Browser pc;
    REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
    CHECK(world.get(pc, "/api/devices").body["approvals"][0]["by_this_session"] == false);
    CHECK(world.post(pc, "/api/devices/approve", {{"ticket_id", waiting.id}, {"number", waiting.number}}).status ==
          403);
    CHECK(world.newest_refusal() == "devices_phone_needed");
  }
  SECTION("long after the assertion") {
    owner.sign_in();
    world.clock.advance(301s);
    CHECK(owner.approve(waiting.id, waiting.number).status == 403);
    CHECK(world.newest_refusal() == "devices_step_up_needed");
  }
  SECTION("nobody is signed in") { CHECK(owner.approve(waiting.id, waiting.number).status == 401); }
  SECTION("the phone was removed meanwhile: its session ended with it, and the ticket waits for another phone") {
    owner.sign_in();
    Browser pc;
    REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
    const auto id = base64url(owner.authenticator.credentials()[0].id);
    REQUIRE(world.post(pc, "/api/devices/remove", {{"credential_id", id}}).status == 200);
    CHECK(owner.approve(waiting.id, waiting.number).response.cause == "sign_in_session_missing");
    CHECK(world.pc_state(waiting.pc) == "confirmed");
  }
  SECTION("the owner says no") {
    owner.sign_in();
    REQUIRE(owner.decline(waiting.id).status == 200);
    CHECK(world.get(waiting.pc, "/api/enrollment").body["reason"] == "approval_declined");
    CHECK(owner.decline(waiting.id).status == 409);
    CHECK(world.newest_refusal() == "ticket_approval_unknown");
  }
}

TEST_CASE("somebody else's bound phone sees and approves nothing") {
  NumberWorld world(NumberConfirmation::bound_phone);
  ApprovingOwner owner(world);
  Waiting waiting(world);
  world.put(world.person("OTHER12345", true, world.clock.now() + 24h * 365), "2001");
  Browser pc, phone;
  REQUIRE(world.log_in(pc, card_der("hpki-auth", "good", "2001"), false, "devices").status == 200);
  const auto secret = world.ticket(pc);
  const auto claimed = world.claim(phone, secret);
  REQUIRE(world.post(pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
  const auto options = world.post(phone, "/api/devices/login/options", Json::object());
  const auto made = authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
  REQUIRE(world.post(phone, "/api/devices/login", {{"credential", *made}}).status == 200);
  CHECK(world.get(phone, "/api/devices").body["approvals"].empty());
  const Json answer = {{"ticket_id", waiting.id}, {"number", waiting.number}};
  CHECK(world.post(phone, "/api/devices/approve", answer).status == 409);
  CHECK(world.newest_refusal() == "ticket_approval_unknown");
  CHECK(world.post(phone, "/api/devices/decline", answer).status == 409);
  CHECK(world.newest_refusal() == "ticket_approval_unknown");
}

TEST_CASE("defect: of two tickets that waited, what was typed was judged against the newest, whosever it was") {
  NumberWorld world(NumberConfirmation::bound_phone);
  ApprovingOwner owner(world);
  owner.sign_in();
  Waiting own(world);
  world.clock.advance(1s);
  Waiting attackers(world);  // somebody else who knows the numbers, a moment later
  const auto shown = owner.waiting();
  REQUIRE(shown.size() == 2);
  CHECK(shown[0]["ticket_id"] == own.id);
  CHECK(shown[1]["ticket_id"] == attackers.id);
  CHECK(shown[0]["mark"] != shown[1]["mark"]);
  CHECK(shown[0]["device"] == shown[1]["device"]);
  CHECK(shown[0]["begun_at"] != shown[1]["begun_at"]);
  SECTION("the number of the ticket that is named approves that one") {
    REQUIRE(owner.approve(own.id, own.number).status == 200);
    CHECK(world.get(own.pc, "/api/enrollment").body["approval"] == false);
    CHECK(world.get(attackers.pc, "/api/enrollment").body["approval"] == true);
    auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
    CHECK(world.try_register(attackers.phone, attackers.secret, authenticator).status == 409);
    CHECK(world.newest_refusal() == "ticket_not_approved");
    CHECK(world.try_register(own.phone, own.secret, authenticator).status == 200);
  }
  SECTION("a wrong number ends the one that is named") {
    CHECK(owner.approve(attackers.id, attackers.other_number()).status == 409);
    CHECK(world.newest_refusal() == "ticket_wrong_number");
    CHECK(world.pc_state(attackers.pc) == "rejected");
    CHECK(world.pc_state(own.pc) == "confirmed");
    CHECK(owner.approve(own.id, own.number).status == 200);
  }
  SECTION("\"this was not me\" ends the one that is named") {
    REQUIRE(owner.decline(attackers.id).status == 200);
    CHECK(world.get(attackers.pc, "/api/enrollment").body["reason"] == "approval_declined");
    CHECK(owner.waiting().size() == 1);
    CHECK(owner.approve(own.id, own.number).status == 200);
  }
  SECTION("without a name, nothing is approved or declined") {
    CHECK(world.post(owner.phone, "/api/devices/approve", {{"number", own.number}}).status == 400);
    CHECK(world.post(owner.phone, "/api/devices/decline", Json::object()).status == 400);
    CHECK(owner.waiting().size() == 2);
  }
}

TEST_CASE("three of one person wait at most: a fourth pushes none out, and waits once one was answered") {
  NumberWorld world(NumberConfirmation::bound_phone);
  ApprovingOwner owner(world);
  owner.sign_in();
  Waiting first(world), second(world), third(world);
  Browser pc, phone;
  REQUIRE(world.sign_in(pc).status == 200);
  const auto number = world.claim(phone, world.ticket(pc)).body["match_number"].get<std::string>();
  const auto confirm = [&](const std::string& typed) {
    return world.post(pc, "/api/enrollment/confirm", {{"number", typed}});
  };
  const auto refused = confirm(number);
  CHECK(refused.status == 409);
  CHECK(refused.body["code"] == "E-215");
  CHECK(world.newest_refusal() == "ticket_too_many_waiting");
  CHECK(world.pc_state(pc) == "opened");
  CHECK(owner.waiting().size() == 3);
  SECTION("one was declined") {
    REQUIRE(owner.decline(second.id).status == 200);
    CHECK(confirm(number).status == 200);
    CHECK(owner.waiting().size() == 3);
  }
  SECTION("one was approved") {
    REQUIRE(owner.approve(first.id, first.number).status == 200);
    CHECK(confirm(number).status == 200);
  }
  SECTION("a wrong number ends it as ever") {
    CHECK(confirm(number == "00" ? "01" : "00").status == 409);
    CHECK(world.newest_refusal() == "ticket_wrong_number");
    CHECK(world.pc_state(pc) == "rejected");
  }
  SECTION("tickets that ask nobody have no such bound") {
    Browser card_pc, card_phone;
    world.confirmed_ticket(card_pc, card_phone);
    CHECK(world.pc_state(card_pc) == "confirmed");
  }
}

TEST_CASE("whoever has no phone that could agree gets a letter in place of a QR") {
  NumberWorld world(NumberConfirmation::bound_phone);
  Browser pc;
  const auto answer = world.sign_in(pc);
  CHECK(answer.status == 200);
  CHECK(answer.body["next"] == "letter");
  CHECK(pc.cookies.empty());
  CHECK(world.post(pc, "/api/enrollment", Json::object()).status == 401);
  REQUIRE(world.orders().size() == 1);
  CHECK(world.orders()[0].practitioner_id == "AB123456789");
  CHECK(world.count_audit("letter_ordered") == 1);
}

TEST_CASE("by letter: one order until a mailed ticket goes out, then another may be asked for") {
  NumberWorld world(NumberConfirmation::letter);
  ApprovingOwner owner(world);  // a bound phone makes no difference here
  Browser pc;
  CHECK(world.sign_in(pc).body["next"] == "letter");
  const auto first = world.orders().at(0).ordered_at;
  world.clock.advance(1h);
  CHECK(world.sign_in(pc).body["next"] == "letter");
  REQUIRE(world.orders().size() == 1);
  CHECK(world.orders()[0].ordered_at == first);
  const auto rules = enroll::standard_origins();
  const auto ticket = enroll::prepare_ticket(rules, {"AB123456789", "mailed", "", 0}, world.random, world.clock.now());
  REQUIRE(ticket);
  REQUIRE(world.store->write<bool>([&](store::Transaction& transaction) {
    return enroll::put_ticket(transaction, rules, *ticket, "argon2id$", "operator:test");
  }));
  CHECK(world.orders().empty());
  world.clock.advance(1h);
  CHECK(world.sign_in(pc).body["next"] == "letter");
  CHECK(world.orders().size() == 1);
}
