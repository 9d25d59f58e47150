// What a running server remembers and may forget at any time.
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "rp/base/start_limit.h"
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

// Codes that were typed wrong in this hour, of one browser, of one address, of all. A browser that forgets its cookie
// has its address's tries left.
class TypedTries {
 public:
  struct Most {
    std::size_t browser = 5, address = 30, all = 1000;
  };
  TypedTries() = default;
  explicit TypedTries(Most most) : most_(most) {}
  // Counts one try as wrong until it is given back. False, and nothing is counted, where none is left.
  bool take(const Digest& browser, const std::string& address, std::chrono::milliseconds now);
  void give_back(const Digest& browser, const std::string& address);

 private:
  Most most_{};
  std::mutex mutex_;
  std::chrono::milliseconds begun_{0};
  std::size_t all_ = 0;
  std::map<Digest, std::size_t> browsers_;
  std::map<std::string, std::size_t> addresses_;
};

struct Memory {
  KeyCache keys;
  Polls polls;
  // Of each address: requests that a browser begins unproved, and new challenges for requests that it was shown.
  StartLimit starts{60};
  StartLimit questions{300};
  TypedTries typed;
  std::atomic<std::int64_t> introspections{0};
};

}  // namespace tegata::activation
