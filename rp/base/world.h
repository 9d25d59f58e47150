// Doors to what the outside world decides: time and chance. Implemented by rp/server/running/system for
// real and by tests/support for tests; everything else takes them as arguments.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"

namespace tegata {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  // Never runs backwards, and nobody sets it: only differences mean anything, and those within one boot.
  virtual std::chrono::milliseconds monotonic() const = 0;
  // Which run of the monotonic clock this is: the same number in every process of a machine until it is started again.
  virtual std::int64_t boot() const = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  // Fills all of `out` with bytes fit for keys. Ends the program rather than return weak ones.
  virtual void fill(std::span<std::uint8_t> out) = 0;
};

Bytes random_bytes(Random& random, std::size_t count);
// Evenly distributed over [0, bound). REQUIRES: bound > 0.
std::uint32_t random_below(Random& random, std::uint32_t bound);
// `bytes` random bytes as base64url: a secret for a URL or a cookie.
std::string random_secret(Random& random, std::size_t bytes);
// A name for a log, and for an operator to type: no secret, 24 hexadecimal digits. Base64url may begin with a dash,
// which makes an option of it.
std::string random_id(Random& random);

}  // namespace tegata
