#include "rp/server/running/rounds.h"

namespace tegata::server::running {

Rounds::Rounds(Vitals& vitals, const Log& log, Plan plan, Round round)
    : vitals_(vitals),
      log_(log),
      plan_(std::move(plan)),
      round_(std::move(round)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Rounds::run(const std::stop_token& stop) {
  for (auto wait = plan_.first;; wait = do_round(stop)) {
    {
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stop, wait, [this] { return wanted_; });
      wanted_ = false;
    }
    if (stop.stop_requested()) return;
  }
}

void Rounds::wake() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  woken_.notify_one();
}

std::chrono::milliseconds Rounds::do_round(const std::stop_token& stop) {
  try {
    const auto piece = vitals_.begin(plan_.name, plan_.longest);
    return round_(stop);
  } catch (const std::exception& thrown) {
    log_.error("round_failed", {{"round", plan_.name}, {"what", thrown.what()}});
  } catch (...) {
    log_.error("round_failed", {{"round", plan_.name}});
  }
  return plan_.again;
}

}  // namespace tegata::server::running
