// Authenticator data: what is parsed lies inside the bytes and adds up to all of them.
#include "rp/webauthn/wire/authenticator_data.h"

#include <cstdlib>

using namespace tegata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = tegata::webauthn::wire::parse_authenticator_data({data, size});
  if (!parsed) return 0;
  std::size_t sum = 37;
  if (parsed->attested) sum += 18 + parsed->attested->credential_id.size() + parsed->attested->public_key.size();
  if (parsed->extensions) sum += parsed->extensions->encoded().size();
  if (sum != size) std::abort();
  return 0;
}
