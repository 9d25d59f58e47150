// A whole registration: attestation object and client data, as long as the first two bytes say.
#include "rp/webauthn/registration.h"
#include "tests/support/still_world.h"

#include <cstdlib>

using namespace tegata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t length = std::min<std::size_t>(size - 2, data[0] << 8 | data[1]);
  webauthn::ExpectedRegistration expected;
  expected.rp_id = "localhost";
  expected.origins = {"https://localhost:8443"};
  expected.challenge = Bytes(32, 1);
  expected.policy = tegata::webauthn::wire::w3c_policy();
  expected.now = tegata::test::still_moment;
  webauthn::RegistrationResponse response;
  response.attestation_object = Bytes(data + 2, data + 2 + length);
  response.client_data_json = Bytes(data + 2 + length, data + size);
  // The credential ID is whatever the object says, so that the checks behind that one are reached.
  constexpr std::size_t id_at = 55;
  const auto id = std::min(response.attestation_object.size(), id_at + 32);
  response.id.assign(response.attestation_object.begin() + static_cast<std::ptrdiff_t>(std::min(id, id_at)),
                     response.attestation_object.begin() + static_cast<std::ptrdiff_t>(id));
  const auto verified = webauthn::verify_registration(expected, response);
  if (verified && verified->record().id != response.id) std::abort();
  return 0;
}
