// How often one address may do what leaves a row or an audit record and needs no proof of who asks.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tegata {

// Forgets everything when the server restarts. Safe to use from several threads.
class StartLimit {
 public:
  explicit StartLimit(std::size_t per_minute = 60, std::size_t addresses = 4096)
      : per_minute_(per_minute), addresses_(addresses) {}

  // How long this address has to wait; zero admits it and counts the start. `now` is of the monotonic clock.
  std::chrono::milliseconds wait(const std::string& address, std::chrono::milliseconds now);

 private:
  struct Window {
    std::chrono::milliseconds begun{0};
    std::size_t admitted = 0;
  };
  Window& window_of(const std::string& address, std::chrono::milliseconds now);

  const std::size_t per_minute_, addresses_;
  std::mutex mutex_;
  std::unordered_map<std::string, Window> windows_;
  Window others_;  // shared by all addresses for which there is no room
};

}  // namespace tegata
