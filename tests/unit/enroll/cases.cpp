// What the server conformance cases and the steps of registration ask of the room that makes challenges and binds
// phones.
#include <set>

#include "tests/unit/enroll/world.h"

namespace tegata::test {

TEST_CASE("case 003: no challenge twice, and the selection stands in every answer") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  std::set<std::string> challenges;
  for (int i = 0; i < 20; ++i) {
    const Json options = world.post(phone, "/api/phone/options", {{"ticket", secret}}).body["publicKey"];
    const auto challenge = parse_base64url(options["challenge"].get<std::string>());
    REQUIRE(challenge);
    CHECK(challenge->size() >= 16);
    challenges.insert(options["challenge"]);
    CHECK(options["authenticatorSelection"]["residentKey"] == "required");
    CHECK(options["authenticatorSelection"]["userVerification"] == "required");
    CHECK(options["authenticatorSelection"]["authenticatorAttachment"] == "platform");
  }
  CHECK(challenges.size() == 20);
}

namespace {

// A registration whose authenticator claims `id` as the name of its new credential.
Answer register_as(World& world, Browser& phone, const std::string& secret, const Bytes& id) {
  Json options = world.post(phone, "/api/phone/options", {{"ticket", secret}}).body["publicKey"];
  options["excludeCredentials"] = Json::array();
  Behaviour claiming;
  // The attested credential ID stands behind rpIdHash, flags, signCount, AAGUID and its length: 55 bytes.
  claiming.edit_authenticator_data = [&](Bytes& data) { std::ranges::copy(id, data.begin() + 55); };
  auto other = sandbox::authenticator::Authenticator::make(world.random);
  auto credential = other.create(options, public_origin, claiming, world.random);
  REQUIRE(credential);
  (*credential)["id"] = (*credential)["rawId"] = base64url(id);
  return world.post(phone, "/api/phone/register", {{"ticket", secret}, {"credential", *credential}});
}

// A phone that is bound to the sample practitioner, and the ID of its credential.
Bytes bound_id(World& world) {
  Browser pc, phone;
  auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, world.confirmed_ticket(pc, phone), authenticator).status == 200);
  return authenticator.credentials()[0].id;
}

// A PC and a phone of somebody else, as far as the register button.
std::string colleagues_ticket(World& world, Browser& pc, Browser& phone) {
  world.put(world.person("CD987654321", true, world.clock.now() + 24h * 365), "1002");
  REQUIRE(world.log_in(pc, card_der("hpki-auth", "good", "1002")).status == 200);
  const auto secret = world.ticket(pc);
  const auto claimed = world.claim(phone, secret);
  REQUIRE(claimed.status == 200);
  REQUIRE(world.post(pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
  return secret;
}

}  // namespace

TEST_CASE("7.1 step 26 accepted: a credential ID that nobody has") {
  World world;
  bound_id(world);
  bound_id(world);
  CHECK(world.phones_of("AB123456789").size() == 2);
}

TEST_CASE("7.1 step 26 refused: the ID of one's own phone") {
  World world;
  const Bytes id = bound_id(world);
  Browser pc, phone;
  CHECK(register_as(world, phone, world.confirmed_ticket(pc, phone), id).body["cause"] == "ticket_credential_known");
  CHECK(world.newest_refusal() == "ticket_credential_known");
  CHECK(world.phones_of("AB123456789").size() == 1);
}

TEST_CASE("7.1 step 26 refused: the ID of another person's phone") {
  World world;
  const Bytes id = bound_id(world);
  Browser pc, phone;
  const auto secret = colleagues_ticket(world, pc, phone);
  CHECK(register_as(world, phone, secret, id).body["cause"] == "ticket_credential_known");
  CHECK(world.newest_refusal() == "ticket_credential_known");
  CHECK(world.phones_of("CD987654321").empty());
  CHECK(world.phones_of("AB123456789").size() == 1);
}

TEST_CASE("7.1 step 26 refused: the ID of a phone that was removed") {
  World world;
  const Bytes id = bound_id(world);
  const auto removed = world.store->write<bool>([&](store::Transaction& transaction) {
    store::AuditEvent event;
    event.kind = "test_setup";
    transaction.audit(event);
    return store::remove_credential(transaction, id, "AB123456789");
  });
  REQUIRE(removed);
  REQUIRE(*removed);
  Browser pc, phone;
  CHECK(register_as(world, phone, world.confirmed_ticket(pc, phone), id).body["cause"] == "ticket_credential_known");
  CHECK(world.newest_refusal() == "ticket_credential_known");
}

namespace {

// A registration that is refused: nothing is stored, and the ticket is as good as before.
void check_stores_nothing(const Behaviour& behaviour, const std::string& code) {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, secret, authenticator, behaviour).status >= 400);
  CHECK(world.newest_refusal() == code);
  CHECK(world.phones_of("AB123456789").empty());
  CHECK(world.try_register(phone, secret, authenticator).status == 200);
  CHECK(world.phones_of("AB123456789").size() == 1);
}

Behaviour lying(Lie lie) {
  Behaviour behaviour;
  behaviour.lie = lie;
  return behaviour;
}

}  // namespace

TEST_CASE("7.1 step 29 accepted: the record is stored in the account of the ticket, with what was verified") {
  World world;
  Browser pc, phone;
  auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, world.confirmed_ticket(pc, phone), authenticator).status == 200);
  const auto phones = world.phones_of("AB123456789");
  REQUIRE(phones.size() == 1);
  CHECK(phones[0].record.id == authenticator.credentials()[0].id);
  CHECK(phones[0].user_handle == authenticator.credentials()[0].user_handle);
  CHECK(phones[0].record.uv_initialized);
}
TEST_CASE("7.1 step 29 refused: a wrong signature stores nothing") {
  Behaviour behaviour = lying(Lie::bogus_signature);
  behaviour.attestation = sandbox::authenticator::AttestationChoice::packed_self;
  check_stores_nothing(behaviour, "webauthn_attestation_signature_invalid");
}
TEST_CASE("7.1 step 29 refused: another challenge stores nothing") {
  check_stores_nothing(lying(Lie::challenge), "webauthn_challenge_mismatch");
}
TEST_CASE("7.1 step 29 refused: an unverified user stores nothing") {
  check_stores_nothing(lying(Lie::no_uv), "webauthn_user_not_verified");
}

}  // namespace tegata::test
