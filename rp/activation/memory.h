// What a running server remembers and may forget at any time.
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "rp/base/rate_limit.h"
#include "rp/webauthn/authentication.h"

namespace tegata::activation {

// Imported public keys by their COSE bytes, the least recently used forgotten first: importing one costs as much as
// verifying with it.
class KeyCache {
 public:
  explicit KeyCache(std::size_t capacity = 4096) : capacity_(capacity) {}
  // Errors: those of webauthn::PublicKey::parse; failures are not kept.
  Result<webauthn::PublicKey> get(ByteView cose_key);
  std::size_t size() const;

 private:
  using Entry = std::pair<std::string, webauthn::PublicKey>;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> recent_;  // the most recently used in front
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

// When each pending device code was last polled in time, on the monotonic clock.
class Polls {
 public:
  // Whether a poll may be answered now: the first one always, a later one when `interval` has passed since the last
  // that might. A refused poll changes nothing.
  bool accept(const Digest& device_code, std::chrono::milliseconds now, std::chrono::milliseconds interval);
  void forget(const Digest& device_code);

 private:
  void forget_old(std::chrono::milliseconds now);
  std::mutex mutex_;
  std::map<Digest, std::chrono::milliseconds> accepted_;
  std::chrono::milliseconds cleaned_{0};
};

struct Memory {
  explicit Memory(const std::shared_ptr<const KnownNetworks>& known = nullptr)
      : starts({per_minute(60), per_minute(20)}, known),
        questions({per_minute(300), per_minute(60)}, known),
        typed({per_hour(30), per_hour(5)}, known) {}

  KeyCache keys;
  Polls polls;
  SourceLimit starts;     // requests that a browser begins unproved; own: the person known in that browser
  SourceLimit questions;  // new challenges for requests that it was shown; own: likewise
  SourceLimit typed;      // codes typed wrong; own: the browser, or the person known in it
  std::atomic<std::int64_t> introspections{0};
};

}  // namespace tegata::activation
