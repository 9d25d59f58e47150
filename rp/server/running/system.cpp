#include "rp/server/running/system.h"

#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace tegata::server::running {
namespace {

// Where the kernel does not say it, each process is a boot of its own.
std::int64_t read_boot() {
  std::string id;
  if (std::ifstream("/proc/sys/kernel/random/boot_id") >> id) {
    const auto digest = sha256(id);
    std::int64_t out = 0;
    for (std::size_t i = 0; i < 7; ++i) out = out << 8 | digest[i];
    return out;
  }
  SystemRandom random;
  return std::int64_t{random_below(random, 0xFFFFFFFF)} + 1;
}

}  // namespace

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::chrono::milliseconds SystemClock::monotonic() const {
  // Asked of the kernel itself: what a library before it does to the time of day must not move this clock too.
  timespec time{};
  if (::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &time) != 0) std::abort();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(time.tv_sec) +
                                                               std::chrono::nanoseconds(time.tv_nsec));
}

std::int64_t SystemClock::boot() const {
  static const std::int64_t boot = read_boot();
  return boot;
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

}  // namespace tegata::server::running
