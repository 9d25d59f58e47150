// Says in log and metrics when the clock is not believed any more, and when it is again (rp/store/clock_rules.h). The
// store refuses by itself; this is for the eyes of operators, also while nobody writes.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "rp/server/running/log.h"
#include "rp/server/running/rounds.h"
#include "rp/store/store.h"

namespace tegata::server {

class ClockWatch {
 public:
  struct Pace {
    std::chrono::milliseconds every{std::chrono::seconds(1)};
  };
  // The references must outlive it. Events: "clock_refused" with code and detail, "clock_right_again".
  ClockWatch(store::Store&, running::Vitals&, const running::Log&, Pace);

  // Prometheus text: tegata_clock_refused is 1 while writes are refused for the clock.
  std::string figures() const;

 private:
  void look();

  store::Store& store_;
  const running::Log& log_;
  std::atomic<bool> refused_{false};
  running::Rounds rounds_;  // last: they end before what they use
};

}  // namespace tegata::server
