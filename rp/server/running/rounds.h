// Work that a server does again and again, on a thread of its own, which goes on whatever a round throws.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "rp/server/running/log.h"
#include "rp/server/running/vitals.h"

namespace tegata::server::running {

class Rounds {
 public:
  struct Plan {
    std::string name;                   // for operators
    std::chrono::milliseconds longest;  // a round that takes longer hangs (server/running/vitals.h)
    std::chrono::milliseconds first{};  // before the first
    std::chrono::milliseconds again{std::chrono::seconds(10)};  // after one that threw
  };
  // Does one round and gives how long to wait for the next. `stop` is set once nothing more is wanted. What it throws
  // is logged ("round_failed").
  using Round = std::function<std::chrono::milliseconds(const std::stop_token& stop)>;

  // What a round uses must outlive this object: as a member, it is the last one. Throws std::system_error where the
  // system gives no thread.
  Rounds(Vitals&, const Log&, Plan, Round);
  // Waits for the round under way.
  ~Rounds() = default;
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;

  // Waits for nothing: several are asked before any is waited for.
  void request_stop() { thread_.request_stop(); }
  // The next round begins at once, or as soon as the one under way has ended.
  void wake();

 private:
  void run(const std::stop_token& stop);
  std::chrono::milliseconds do_round(const std::stop_token& stop);

  Vitals& vitals_;
  const Log& log_;
  const Plan plan_;
  const Round round_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool wanted_ = false;
  std::jthread thread_;
};

}  // namespace tegata::server::running
