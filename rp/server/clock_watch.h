// Says in log and metrics when the clock is not believed any more, and when it is again (rp/store/clock_rules.h). The
// store refuses by itself; this is for the eyes of operators, also while nobody writes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "rp/server/log.h"
#include "rp/store/store.h"

namespace tegata::server {

class ClockWatch {
 public:
  struct Pace {
    std::chrono::milliseconds every{std::chrono::seconds(1)};
  };
  // The references must outlive it. Events: "clock_refused" with code and detail, "clock_right_again".
  ClockWatch(store::Store&, const Log&, Pace);

  // Prometheus text: tegata_clock_refused is 1 while writes are refused for the clock.
  std::string figures() const;

 private:
  void run(std::stop_token stop);
  void look();

  store::Store& store_;
  const Log& log_;
  const Pace pace_;
  std::atomic<bool> refused_{false};
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace tegata::server
