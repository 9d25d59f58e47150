// Where passwords are checked: a bounded number at a time, and every check costs one Argon2id run, whatever there is to
// check it against. Claims on tickets that nobody can claim (stray ones) have one turn in four, and as small a part of
// the queue: a flood of them takes nothing away from who holds a ticket.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "enroll/password.h"

namespace tegata::enroll {

// Safe to use from several threads.
class PasswordWork {
 public:
  struct Settings {
    std::size_t runs = 4;      // at a time: each takes its memory
    std::size_t waiting = 32;  // callers; one more is sent away
    std::chrono::milliseconds patience{2000};
    PasswordCost cost = {};
    std::function<void()> before_run = [] {};  // for tests that end the server just there
  };
  // `guess_key` keeps the MACs of guesses meaningless to whoever has the database alone.
  // Error: password_hash_failed.
  static Result<std::shared_ptr<PasswordWork>> make(Bytes guess_key, Settings settings, Random& random);

  enum class Claim { live, stray };
  // The right to one run; given back at its end.
  class Turn {
   public:
    Turn(PasswordWork& work, Claim claim) : work_(&work), claim_(claim) {}
    Turn(Turn&& other) noexcept : work_(std::exchange(other.work_, nullptr)), claim_(other.claim_) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (work_) work_->give_back(claim_);
    }

   private:
    PasswordWork* work_;
    Claim claim_;
  };
  // Error: ticket_busy. Nothing has been counted then.
  Result<Turn> take_turn(Claim);

  // One run. Without a hash it is made against a stand-in, and the answer is no.
  // Errors: password_hash_failed, password_hash_malformed.
  Result<bool> check(const Turn&, const std::string& hash, std::string_view plain);

  // By which a guess on a ticket is known again.
  Digest mac(const std::string& ticket_id, std::string_view plain) const;

  // Runs since the start, and those of them against a ticket's own hash.
  std::uint64_t runs() const { return runs_; }
  std::uint64_t evaluated() const { return evaluated_; }

 private:
  PasswordWork(Bytes guess_key, Settings settings, std::string stand_in)
      : guess_key_(std::move(guess_key)), settings_(std::move(settings)), stand_in_(std::move(stand_in)) {}
  struct Line {
    std::size_t running = 0, waiting = 0;
  };
  Line& line(Claim claim) { return claim == Claim::live ? live_ : stray_; }
  bool has_room(Claim) const;
  std::size_t most_waiting(Claim) const;
  void give_back(Claim);

  const Bytes guess_key_;
  const Settings settings_;
  const std::string stand_in_;
  std::mutex mutex_;
  std::condition_variable free_again_;
  Line live_, stray_;
  std::atomic<std::uint64_t> runs_{0}, evaluated_{0};
};

}  // namespace tegata::enroll
