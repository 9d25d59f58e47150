#include "rp/base/world.h"

namespace tegata {

Bytes random_bytes(Random& random, std::size_t count) {
  Bytes out(count);
  random.fill(out);
  return out;
}

std::uint32_t random_below(Random& random, std::uint32_t bound) {
  const std::uint32_t unbiased = UINT32_MAX - UINT32_MAX % bound;  // values from here up would favour small results
  for (;;) {
    std::array<std::uint8_t, 4> raw{};
    random.fill(raw);
    const std::uint32_t value = raw[0] | raw[1] << 8 | raw[2] << 16 | static_cast<std::uint32_t>(raw[3]) << 24;
    if (value < unbiased) return value % bound;
  }
}

std::string random_secret(Random& random, std::size_t bytes) { return base64url(random_bytes(random, bytes)); }

std::string random_id(Random& random) { return hex(random_bytes(random, 12)); }

}  // namespace tegata
