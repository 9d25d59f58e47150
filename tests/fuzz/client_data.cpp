// Client data, and the two responses that a browser sends.
#include "rp/webauthn/wire/client_data.h"

#include "rp/webauthn/authentication.h"

using namespace tegata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  (void)tegata::webauthn::wire::parse_client_data(bytes).has_value();
  const auto json = parse_json(as_text(bytes));
  if (!json) return 0;
  (void)webauthn::parse_registration_response(*json).has_value();
  (void)webauthn::parse_authentication_response(*json).has_value();
  return 0;
}
