// What the server conformance cases, and advisories about others, ask of the room that judges assertions.
#include "tests/unit/activation/world.h"

namespace tegata::test {

TEST_CASE("case 119: no challenge twice, of one request or of two") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  std::set<std::string> challenges;
  for (int request = 0; request < 3; ++request) {
    const Json asked = world.ask();
    for (int scan = 0; scan < 5; ++scan) {
      const Json options = Json::parse(world.scan(phone, asked).body)["publicKey"];
      const auto challenge = parse_base64url(options["challenge"].get<std::string>());
      REQUIRE(challenge);
      CHECK(challenge->size() >= 16);
      CHECK(options["userVerification"] == "required");
      challenges.insert(options["challenge"]);
    }
  }
  CHECK(challenges.size() == 15);
}

TEST_CASE("defect: a credential whose owner was changed in the database signed that other person in") {
  World world;
  // The row names the doctor; the handle inside it is still that of the colleague, whose phone it is.
  store::Practitioner altered = world.doctor;
  altered.user_handle = world.colleague.user_handle;
  Phone phone = world.enrolled_phone(altered);
  const Json asked = world.ask();
  CHECK(world.approve(phone, asked).status == 403);
  CHECK(world.last_code() == "activation_user_handle_mismatch");
  CHECK(error_of(world.poll(asked)) == "authorization_pending");
}

TEST_CASE("defect: the audit log named a person for an assertion that proved nothing") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  sandbox::authenticator::Behaviour forged;
  forged.lie = sandbox::authenticator::Lie::bogus_signature;
  CHECK(world.approve(phone, world.ask(), forged).status == 403);
  CHECK(world.last_code() == "webauthn_signature_invalid");
  CHECK(world.audit().back().event.actor == "unknown");
}

namespace {

webauthn::CredentialRecord stored(World& world, const Phone& phone) {
  const Bytes id = phone.authenticator.credentials().front().id;
  const auto found = world.store->read<std::optional<store::BoundCredential>>(
      [&](store::Reader& reader) { return store::find_credential(reader, id); });
  REQUIRE(found);
  REQUIRE(*found);
  return (*found)->record;
}

sandbox::authenticator::Behaviour counting(std::uint32_t count,
                                           sandbox::authenticator::Lie lie = sandbox::authenticator::Lie::nothing) {
  sandbox::authenticator::Behaviour behaviour;
  behaviour.sign_count = count;
  behaviour.lie = lie;
  return behaviour;
}

// An assertion that is refused: the record stays as it was, the request open, and a good one goes through.
void check_changes_nothing(const sandbox::authenticator::Behaviour& wrong, const std::string& code) {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  REQUIRE(world.approve(phone, world.ask(), counting(5)).status == 200);
  const Json asked = world.ask();
  CHECK(world.approve(phone, asked, wrong).status != 200);
  CHECK(world.last_code() == code);
  CHECK(stored(world, phone).sign_count == 5);
  CHECK(error_of(world.poll(asked)) == "authorization_pending");
  CHECK(world.approve(phone, asked, counting(6)).status == 200);
  CHECK(stored(world, phone).sign_count == 6);
}

}  // namespace

TEST_CASE("7.2 step 24 accepted: count and backup state reach the store") {
  World world;
  sandbox::authenticator::Behaviour synced = counting(0);
  synced.backup_eligible = true;
  Phone phone = world.enrolled_phone(world.doctor, synced);
  CHECK_FALSE(stored(world, phone).backup_state);
  synced.backup_state = true;
  synced.sign_count = 41;
  REQUIRE(world.approve(phone, world.ask(), synced).status == 200);
  CHECK(stored(world, phone).sign_count == 41);
  CHECK(stored(world, phone).backup_state);
  CHECK(stored(world, phone).backup_eligible);
}
TEST_CASE("7.2 step 24 refused: a wrong signature changes no record") {
  check_changes_nothing(counting(90, sandbox::authenticator::Lie::bogus_signature), "webauthn_signature_invalid");
}
TEST_CASE("7.2 step 24 refused: a count that went back changes no record") {
  check_changes_nothing(counting(4), "webauthn_counter_went_back");
}
TEST_CASE("7.2 step 24 refused: a right signature whose rules are broken changes no record") {
  check_changes_nothing(counting(90, sandbox::authenticator::Lie::no_uv), "webauthn_user_not_verified");
}

TEST_CASE("7.2 step 25 accepted: the ceremony goes on to one pass") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  CHECK(world.whole_activation(phone).contains("access_token"));
}
TEST_CASE("7.2 step 25 refused: another challenge gives no pass") {
  check_changes_nothing(counting(90, sandbox::authenticator::Lie::challenge), "webauthn_challenge_mismatch");
}
TEST_CASE("7.2 step 25 refused: another origin gives no pass") {
  check_changes_nothing(counting(90, sandbox::authenticator::Lie::origin), "webauthn_origin_mismatch");
}
TEST_CASE("7.2 step 25 refused: an absent user gives no pass") {
  check_changes_nothing(counting(90, sandbox::authenticator::Lie::no_up), "webauthn_user_not_present");
}

}  // namespace tegata::test
