#include "rp/server/system.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace tegata::server {

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::chrono::milliseconds SystemClock::monotonic() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // Weak keys are worse than no server.
    if (got <= 0) std::abort();
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace tegata::server
