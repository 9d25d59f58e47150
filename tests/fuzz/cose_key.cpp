// A COSE key, and a signature that nobody made with it. First two bytes: how long the key is.
#include <cstdlib>

#include "rp/webauthn/authentication.h"

using namespace tegata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t length = std::min<std::size_t>(size - 2, data[0] << 8 | data[1]);
  const auto key = webauthn::PublicKey::parse({data + 2, length});
  if (!key) return 0;
  const Bytes message(32, 7);
  (void)key->verify(message, {data + 2 + length, size - 2 - length});
  return 0;
}
