// The second verifier's veto refuses a registration. That it raises the alarm: tests/unit/server/alarm.cpp.
#include "tests/unit/enroll/world.h"

namespace tegata::test {

TEST_CASE("a veto of the second verifier binds no phone, is recorded, and keeps the ticket") {
  World world([](const webauthn::ExpectedRegistration&, const webauthn::RegistrationResponse&) {
    return std::string("refuted");
  });
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
  const auto refused = world.try_register(phone, secret, authenticator);
  CHECK(refused.status == 403);
  CHECK(refused.body["cause"] == "webauthn_second_verifier_veto");
  CHECK(refused.response.cause == "webauthn_second_verifier_veto");
  CHECK(world.newest_refusal() == "webauthn_second_verifier_veto");
  CHECK(world.phones_of("AB123456789").empty());
  CHECK(world.pc_state(pc) == "confirmed");
}

TEST_CASE("what the second verifier says of a registration stands in the audit log") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world
              .try_register(phone, secret, authenticator,
                            {.attestation = sandbox::authenticator::AttestationChoice::packed_x5c})
              .status == 200);
  std::string said;
  for (const auto& record : world.audit()) {
    if (record.event.kind == "credential_registered") said = record.event.details["second_verifier"];
  }
  CHECK(said == "agreed");
}

}  // namespace tegata::test
