// How often somebody may do what costs something and needs no proof of who asks: token buckets.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "rp/base/network.h"

namespace tegata {

// `burst` at once; one more after each `interval`.
struct Rate {
  std::int64_t burst = 60;
  std::chrono::milliseconds interval{1000};
};
constexpr Rate per_minute(std::int64_t count) { return {count, std::chrono::milliseconds(60'000 / count)}; }
constexpr Rate per_hour(std::int64_t count) { return {count, std::chrono::milliseconds(3'600'000 / count)}; }

// Buckets by name, never more than `most`. A full bucket is the same as none, and is forgotten. Where all of them lack
// something, the fullest gives way to a newcomer: so a newcomer always finds room and a full bucket, nobody shares one
// with him, and who is at his limit stays there until `most` others have used up as much. Logarithmic in `most`; not
// safe to use from several threads.
class Buckets {
 public:
  Buckets(Rate rate, std::size_t most) : rate_(rate), most_(most) {}

  using Time = std::chrono::nanoseconds;  // of the monotonic clock
  // How long until the bucket has one; zero: it has. With a factor it holds, and gets, so many times as much.
  Time wait(const std::string& name, Time now, std::int64_t factor = 1) const;
  // REQUIRES: wait() is zero. REQUIRES (give_back): the same factor.
  void take(const std::string& name, Time now, std::int64_t factor = 1);
  void give_back(const std::string& name, Time now, std::int64_t factor = 1);
  std::size_t size() const { return full_at_.size(); }

 private:
  using Entry = std::unordered_map<std::string, Time>::iterator;
  Time cost(std::int64_t factor) const { return Time(rate_.interval) / factor; }
  void put(const std::string& name, Time full_at, Time now);
  void drop(Entry entry);

  const Rate rate_;
  const std::size_t most_;
  std::unordered_map<std::string, Time> full_at_;        // when each will be full again
  std::set<std::pair<Time, std::string_view>> fullest_;  // the same; the names are full_at_'s
};

// Limits by source, and beside or in place of it by something of the caller's own. Forgets everything when the server
// restarts. Safe to use from several threads.
class SourceLimit {
 public:
  struct Rates {
    Rate address;               // an IPv4 address, an IPv6 /64
    Rate own;                   // the caller's own bucket
    std::int64_t network = 8;   // an IPv6 /48 has so many times as much as an address
    std::size_t most = 16'384;  // buckets of each kind
  };
  // Without `known`, no network has limits of its own.
  explicit SourceLimit(Rates rates, std::shared_ptr<const KnownNetworks> known = nullptr);

  // What one call is counted by. What is empty is not counted.
  struct Call {
    std::string address;  // as the proxy says it
    std::string own;
  };
  // How long the caller has to wait; zero admits him, and takes one from each bucket of his. Otherwise nothing is
  // taken.
  std::chrono::milliseconds wait(const Call&, std::chrono::milliseconds now);
  void give_back(const Call&, std::chrono::milliseconds now);

  // The own bucket first, so that others at the same address take nothing away from its owner; then the address's.
  std::chrono::milliseconds wait_in_turn(const Call&, std::chrono::milliseconds now);

 private:
  struct Taken {
    Buckets* table;
    std::string name;
    std::int64_t factor;
  };
  std::vector<Taken> buckets_of(const Call&);

  const std::shared_ptr<const KnownNetworks> known_;
  std::mutex mutex_;
  Buckets networks_, addresses_, own_;
};

// A value of Retry-After: whole seconds, never too few.
std::string retry_after(std::chrono::milliseconds wait);

}  // namespace tegata
