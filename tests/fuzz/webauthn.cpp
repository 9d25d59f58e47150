// Whole ceremonies out of arbitrary bytes: first byte chooses, the rest is what a browser might have sent.
#include <cstdlib>

#include "rp/webauthn/authentication.h"

using namespace tegata;

namespace {

void registration(ByteView data) {
  webauthn::ExpectedRegistration expected;
  expected.rp_id = "localhost";
  expected.origins = {"https://localhost:8443"};
  expected.challenge = Bytes(32, 1);
  expected.policy = webauthn::standard_policy();
  webauthn::RegistrationResponse response;
  response.client_data_json = to_bytes(as_bytes(
      R"({"type":"webauthn.create","challenge":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","origin":"https://localhost:8443","crossOrigin":false})"));
  response.attestation_object = to_bytes(data);
  const auto verified = webauthn::verify_registration(expected, response);
  // A random map cannot hash "localhost"; what it can do is copy it from a seed, and then it is a credential like others.
  if (verified && verified->record().id.empty()) std::abort();
}

void json(ByteView data) {
  const auto parsed = parse_json(as_text(data));
  if (!parsed) return;
  (void)webauthn::parse_registration_response(*parsed).has_value();
  (void)webauthn::parse_authentication_response(*parsed).has_value();
}

void key(ByteView data) { (void)webauthn::PublicKey::parse(data).has_value(); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0: registration(rest); break;
    case 1: json(rest); break;
    default: key(rest);
  }
  return 0;
}
