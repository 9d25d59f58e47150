// What is known to be wrong with an open database: how its last write ended, and what its statements and checks met.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "rp/base/result.h"

namespace tegata::store::engine {

// Any thread may call.
class Soundness {
 public:
  using Steady = std::chrono::steady_clock;

  // A statement met a page that holds what no database holds, or that the disk does not give.
  void note_damage(const Error&);
  // A statement met a value that no statement of ours writes (JSON, a digest) in a page that may be whole. No check
  // reads it as that statement did, so none takes the note away: it stays as long as the database is open.
  void note_unreadable(const Error&);
  // A commit, or a write that stands for it, at this moment. The last one counts.
  void note_write(const Status&, Steady::time_point now);
  // A look at every page. Until the next one, what this one found counts, and what is met afterwards.
  void note_check(const Status&);

  // Errors: those noted.
  Status verify_writes() const;
  Status verify_pages() const;
  Status verify_values() const;
  // Since when nothing has been heard of a write that succeeded.
  Steady::time_point last_written() const;
  bool last_write_failed() const { return !verify_writes(); }

 private:
  mutable std::mutex mutex_;
  Status last_write_, damage_, unreadable_;
  Steady::time_point last_written_{};
};

}  // namespace tegata::store::engine
