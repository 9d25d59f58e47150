#include "rp/store/refusal_limits.h"

#include <algorithm>

namespace tegata::store {
namespace {

constexpr std::chrono::minutes window_length{1};
// More sources than this within a minute share one window: memory stays bounded.
constexpr std::size_t most_sources = 10'000;
constexpr const char* all_others = "others";

bool is_over(Instant begun, Instant now) { return now >= begun + window_length; }

}  // namespace

RefusalLimits::Window& RefusalLimits::window_of(const std::string& source, Instant now) {
  const bool known = windows_.contains(source);
  auto& window = windows_[known || windows_.size() < most_sources ? source : all_others];
  if (window.begun == Instant{}) window.begun = now;
  return window;
}

bool RefusalLimits::admit(const std::string& source, Instant now) {
  auto& window = window_of(source, now);
  if (window.dropped == 0 && is_over(window.begun, now)) window = {now, 0, 0};
  if (window.admitted < per_minute_) return ++window.admitted, true;
  ++window.dropped;
  return false;
}

std::vector<RefusalLimits::Dropped> RefusalLimits::take_dropped(Instant now, bool everything) {
  std::vector<Dropped> out;
  for (auto it = windows_.begin(); it != windows_.end();) {
    const auto& [source, window] = *it;
    if (!everything && !is_over(window.begun, now)) {
      ++it;
      continue;
    }
    if (window.dropped > 0) out.push_back({source, window.dropped});
    it = windows_.erase(it);
  }
  return out;
}

bool RefusalLimits::has_dropped() const {
  return std::any_of(windows_.begin(), windows_.end(), [](const auto& entry) { return entry.second.dropped > 0; });
}

void RefusalLimits::give_back(const std::vector<Dropped>& dropped, Instant now) {
  for (const auto& [source, count] : dropped) window_of(source, now).dropped += count;
}

void RefusalLimits::readmit(const std::vector<std::string>& sources) {
  for (const auto& source : sources) {
    const auto own = windows_.find(source);
    const auto window = own != windows_.end() ? own : windows_.find(all_others);
    if (window != windows_.end() && window->second.admitted > 0) --window->second.admitted;
  }
}

}  // namespace tegata::store
