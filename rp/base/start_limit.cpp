#include "rp/base/start_limit.h"

namespace tegata {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds minute{60'000};

}  // namespace

StartLimit::Window& StartLimit::window_of(const std::string& address, milliseconds now) {
  if (!windows_.contains(address) && windows_.size() >= addresses_) {
    std::erase_if(windows_, [&](const auto& entry) { return now - entry.second.begun >= minute; });
    if (windows_.size() >= addresses_) return others_;
  }
  return windows_[address];
}

milliseconds StartLimit::wait(const std::string& address, milliseconds now) {
  const std::lock_guard lock(mutex_);
  Window& window = window_of(address, now);
  if (window.admitted == 0 || now - window.begun >= minute) window = {now, 0};
  if (window.admitted >= per_minute_) return window.begun + minute - now;
  ++window.admitted;
  return milliseconds(0);
}

}  // namespace tegata
