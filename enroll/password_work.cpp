#include "enroll/password_work.h"

#include "enroll/errors.h"

namespace tegata::enroll {

namespace e = errors;

Result<std::shared_ptr<PasswordWork>> PasswordWork::make(Bytes guess_key, Settings settings, Random& random) {
  TEGATA_ASSIGN(auto stand_in, hash_password(random_secret(random, 16), settings.cost, random));
  return std::shared_ptr<PasswordWork>(
      new PasswordWork(std::move(guess_key), std::move(settings), std::move(stand_in)));
}

Result<PasswordWork::Turn> PasswordWork::take_turn() {
  std::unique_lock lock(mutex_);
  if (running_ >= settings_.runs) {
    if (waiting_ >= settings_.waiting) return Error(e::ticket_busy, "all runs taken, and the queue is full");
    ++waiting_;
    const bool in_time = free_again_.wait_for(lock, settings_.patience, [&] { return running_ < settings_.runs; });
    --waiting_;
    if (!in_time) return Error(e::ticket_busy, "no run became free in time");
  }
  ++running_;
  return Turn(*this);
}

void PasswordWork::give_back() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  free_again_.notify_one();
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
