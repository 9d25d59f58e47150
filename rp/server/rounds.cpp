#include "rp/server/rounds.h"

namespace tegata::server {

Rounds::Rounds(Round round, std::chrono::milliseconds first)
    : round_(std::move(round)), thread_([this, first](const std::stop_token& stop) { run(stop, first); }) {}

void Rounds::run(const std::stop_token& stop, std::chrono::milliseconds wait) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stop, wait, [] { return false; });
    }
    if (stop.stop_requested()) return;
    wait = round_(stop);
  }
}

}  // namespace tegata::server
