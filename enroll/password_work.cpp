#include "enroll/password_work.h"

#include <algorithm>

#include "enroll/errors.h"

namespace tegata::enroll {

namespace e = errors;

Result<std::shared_ptr<PasswordWork>> PasswordWork::make(Bytes guess_key, Settings settings, Random& random) {
  TEGATA_ASSIGN(auto stand_in, hash_password(random_secret(random, 16), settings.cost, random));
  return std::shared_ptr<PasswordWork>(
      new PasswordWork(std::move(guess_key), std::move(settings), std::move(stand_in)));
}

bool PasswordWork::has_room(Claim claim) const {
  if (live_.running + stray_.running >= settings_.runs) return false;
  return claim == Claim::live || stray_.running < std::max(settings_.runs / 4, std::size_t{1});
}

std::size_t PasswordWork::most_waiting(Claim claim) const {
  return claim == Claim::live ? settings_.waiting : settings_.waiting / 4;
}

Result<PasswordWork::Turn> PasswordWork::take_turn(Claim claim) {
  std::unique_lock lock(mutex_);
  Line& own = line(claim);
  if (!has_room(claim)) {
    if (own.waiting >= most_waiting(claim)) return Error(e::ticket_busy, "all runs taken, and the queue is full");
    ++own.waiting;
    const bool in_time = free_again_.wait_for(lock, settings_.patience, [&] { return has_room(claim); });
    --own.waiting;
    if (!in_time) return Error(e::ticket_busy, "no run became free in time");
  }
  ++own.running;
  return Turn(*this, claim);
}

void PasswordWork::give_back(Claim claim) {
  {
    const std::lock_guard lock(mutex_);
    --line(claim).running;
  }
  free_again_.notify_all();  // one alone might be one that may not run
}

Result<bool> PasswordWork::check(const Turn&, const std::string& hash, std::string_view plain) {
  settings_.before_run();
  ++runs_;
  if (!hash.empty()) ++evaluated_;
  TEGATA_ASSIGN(const bool right, matches_password(hash.empty() ? stand_in_ : hash, plain));
  return right && !hash.empty();
}

Digest PasswordWork::mac(const std::string& ticket_id, std::string_view plain) const {
  return hmac_sha256(guess_key_, as_bytes(ticket_id + std::string(1, '\0') + std::string(plain)));
}

}  // namespace tegata::enroll
