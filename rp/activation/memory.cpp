#include "rp/activation/memory.h"

namespace tegata::activation {
namespace {

// Answers take different times on their way, so polls sent at the right distance arrive a little closer.
constexpr std::chrono::milliseconds tolerance{100};
// Longer than any pending device code lives.
constexpr std::chrono::minutes longest_memory{10};
constexpr std::chrono::minutes between_cleanings{1};

}  // namespace

Result<webauthn::PublicKey> KeyCache::get(ByteView cose_key) {
  const std::string_view wanted = as_text(cose_key);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(wanted); found != by_key_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->second;
    }
  }
  TEGATA_ASSIGN(webauthn::PublicKey key, webauthn::PublicKey::parse(cose_key));
  const std::lock_guard lock(mutex_);
  if (by_key_.contains(wanted)) return key;
  recent_.emplace_front(std::string(wanted), key);
  by_key_.emplace(recent_.front().first, recent_.begin());
  if (recent_.size() > capacity_) {
    by_key_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return key;
}

std::size_t KeyCache::size() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

bool Polls::accept(const Digest& device_code, std::chrono::milliseconds now, std::chrono::milliseconds interval) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  const auto [entry, first] = accepted_.try_emplace(device_code, now);
  if (first) return true;
  if (now - entry->second < interval - tolerance) return false;
  entry->second = now;
  return true;
}

void Polls::forget(const Digest& device_code) {
  const std::lock_guard lock(mutex_);
  accepted_.erase(device_code);
}

void Polls::forget_old(std::chrono::milliseconds now) {
  if (now - cleaned_ < between_cleanings) return;
  cleaned_ = now;
  std::erase_if(accepted_, [&](const auto& entry) { return entry.second < now - longest_memory; });
}

}  // namespace tegata::activation
