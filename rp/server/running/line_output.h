// Lines to a descriptor whose reader may stall: who writes never waits for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "rp/host/descriptor.h"

namespace tegata::server::running {

// Lines reach the descriptor in order and whole. Where it takes no more (a pipe that nobody empties), they wait in
// memory, and go with the next line or flush() that finds it willing; beyond `most_waiting` octets they are dropped and
// counted.
class LineOutput {
 public:
  static constexpr std::size_t most_waiting = 1024 * 1024;
  // `descriptor` stays the caller's. `gap` gives the line that stands where `count` lines were dropped.
  LineOutput(int descriptor, std::function<std::string(std::uint64_t count)> gap,
             std::chrono::milliseconds patience = std::chrono::seconds(1));
  // What waits has as long as `patience` to go. What does not go is dropped, and as long again is for the line that
  // says so.
  ~LineOutput();
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;

  // `line` ends with a line feed. Any thread may call.
  void write(std::string_view line);
  // Counts one line that could not even be made.
  void drop();
  // Sends what waits, as far as it goes. Any thread may call.
  void flush();
  std::uint64_t dropped() const;

 private:
  void send_waiting();
  void send_for(std::chrono::milliseconds most);
  void tell_gap();
  void drop_waiting();
  void count_dropped(std::uint64_t lines = 1);

  const host::Descriptor terminal_;
  const int descriptor_;
  const std::function<std::string(std::uint64_t)> gap_;
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::string waiting_;
  bool line_begun_ = false;  // the first line of it was sent in part
  std::uint64_t dropped_ = 0, untold_ = 0;
};

}  // namespace tegata::server::running
