// The machine's clock and the kernel's chance: the only place that reads them.
#pragma once

#include "rp/base/world.h"

namespace tegata::server::running {

class SystemClock : public Clock {
 public:
  Instant now() const override;
  // Time spent asleep counts.
  std::chrono::milliseconds monotonic() const override;
  std::int64_t boot() const override;
};

class SystemRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace tegata::server::running
