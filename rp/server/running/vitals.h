// What the threads of a server are at, and how long each piece of it may take: what takes longer hangs.
#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "rp/base/error.h"
#include "rp/base/world.h"

namespace tegata::server::running {

// Any thread may call.
class Vitals {
 public:
  explicit Vitals(const Clock& clock) : clock_(clock) {}
  Vitals(const Vitals&) = delete;
  Vitals& operator=(const Vitals&) = delete;

 private:
  struct Entry {
    std::string what;
    std::chrono::milliseconds longest, begun;
  };
  using Entries = std::list<Entry>;

 public:
  // Under way for as long as it lives.
  class Piece {
   public:
    ~Piece() { vitals_.end(entry_); }
    Piece(const Piece&) = delete;
    Piece& operator=(const Piece&) = delete;

   private:
    friend class Vitals;
    Piece(Vitals& vitals, Entries::iterator entry) : vitals_(vitals), entry_(entry) {}
    Vitals& vitals_;
    const Entries::iterator entry_;
  };
  [[nodiscard]] Piece begin(std::string what, std::chrono::milliseconds longest);

  // server_thread_hangs, for each that takes longer, with what it is, for how long, and what to do.
  std::vector<Error> hanging() const;

 private:
  void end(Entries::iterator entry);

  const Clock& clock_;
  mutable std::mutex mutex_;
  Entries under_way_;
};

}  // namespace tegata::server::running
