// A clock that moves only when told, and chance that repeats: the outside world of unit tests.
#pragma once

#include <atomic>
#include <mutex>

#include "rp/base/world.h"

namespace tegata::test {

// Where every clock of a test starts, and when certificates, proofs and assertions of tests are judged.
inline const Instant still_moment = from_unix_seconds(1'795'200'000);

class StillClock : public Clock {
 public:
  explicit StillClock(Instant start = still_moment) : now_(start) {}
  Instant now() const override { return now_; }
  std::chrono::milliseconds monotonic() const override { return now().time_since_epoch() - stepped_.load(); }
  std::int64_t boot() const override { return boot_; }
  void advance(std::chrono::milliseconds by) { now_ = now() + by; }
  void set(Instant instant) { now_ = instant; }
  // Somebody sets the clock: no time passes.
  void step(std::chrono::milliseconds by) {
    stepped_ = stepped_.load() + by;
    advance(by);
  }
  // The machine is started again.
  void reboot() { ++boot_; }

 private:
  std::atomic<Instant> now_;  // a test of races moves it while servers read it
  std::atomic<std::chrono::milliseconds> stepped_{std::chrono::milliseconds(0)};
  std::atomic<std::int64_t> boot_{1};
};

// SHA-256 of a counter: every run of a test sees the same "random" bytes.
class RepeatableRandom : public Random {
 public:
  explicit RepeatableRandom(std::uint64_t seed = 1) : seed_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) {
      if (used_ == block_.size()) refill();
      byte = block_[used_++];
    }
  }

 private:
  void refill() {
    block_ = sha256(std::to_string(seed_) + "/" + std::to_string(counter_++));
    used_ = 0;
  }
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
  Digest block_{};
  std::size_t used_ = block_.size();
};

// The same for a server under test: several threads draw from it.
class SharedRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    const std::lock_guard lock(mutex_);
    random_.fill(out);
  }

 private:
  std::mutex mutex_;
  RepeatableRandom random_;
};

}  // namespace tegata::test
