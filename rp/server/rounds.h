// Work that a server does again and again, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace tegata::server {

class Rounds {
 public:
  // Does one round and gives how long to wait for the next. `stop` is set once nothing more is wanted.
  using Round = std::function<std::chrono::milliseconds(const std::stop_token& stop)>;

  // What a round uses must outlive this object: as a member, it is the last one. The first comes after `first`.
  explicit Rounds(Round round, std::chrono::milliseconds first = {});
  // Waits for the round under way.
  ~Rounds() = default;
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;

  // Waits for nothing: several are asked before any is waited for.
  void request_stop() { thread_.request_stop(); }

 private:
  void run(const std::stop_token& stop, std::chrono::milliseconds wait);

  Round round_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

}  // namespace tegata::server
