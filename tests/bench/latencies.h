// How long each request of a load took.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <vector>

namespace tegata::bench {

class Latencies {
 public:
  // Does `work` and keeps how long it took.
  template <typename Work>
  void time(Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const auto taken = std::chrono::steady_clock::now() - start;
    const std::lock_guard lock(mutex_);
    milliseconds_.push_back(std::chrono::duration<double, std::milli>(taken).count());
  }
  // `share` of all took no longer, in milliseconds; 0 where there was none.
  double quantile(double share) const {
    if (milliseconds_.empty()) return 0;
    auto sorted = milliseconds_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
  }
  std::size_t count() const { return milliseconds_.size(); }
  void clear() { milliseconds_.clear(); }

 private:
  std::mutex mutex_;
  std::vector<double> milliseconds_;
};

}  // namespace tegata::bench
