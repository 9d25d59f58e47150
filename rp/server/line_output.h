// Lines to a descriptor whose reader may stall: who writes never waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "rp/host/descriptor.h"

namespace tegata::server {

// Lines reach the descriptor in order and whole. Where it takes no more (a pipe that nobody empties), they wait in
// memory, and go with the next line that finds it willing; beyond `most_waiting` octets they are dropped and counted.
class LineOutput {
 public:
  static constexpr std::size_t most_waiting = 1024 * 1024;
  // `descriptor` stays the caller's. `gap` gives the line that stands where `count` lines were dropped.
  LineOutput(int descriptor, std::function<std::string(std::uint64_t count)> gap);

  // `line` ends with a line feed. Any thread may call.
  void write(std::string_view line);
  // Counts one line that could not even be made.
  void drop();
  std::uint64_t dropped() const;

 private:
  void send_waiting();
  void count_dropped();

  const host::Descriptor terminal_;
  const int descriptor_;
  const std::function<std::string(std::uint64_t)> gap_;
  mutable std::mutex mutex_;
  std::string waiting_;
  std::uint64_t dropped_ = 0, untold_ = 0;
};

}  // namespace tegata::server
