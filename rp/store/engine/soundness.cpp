#include "rp/store/engine/soundness.h"

namespace tegata::store::engine {

void Soundness::note_damage(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (damage_) damage_ = error;
}

void Soundness::note_unreadable(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (damage_) damage_ = error;
  if (unreadable_) unreadable_ = error;
}

void Soundness::note_write(const Status& status, Steady::time_point now) {
  const std::lock_guard lock(mutex_);
  last_write_ = status;
  if (status) last_written_ = now;
}

void Soundness::note_check(const Status& status) {
  const std::lock_guard lock(mutex_);
  damage_ = status;
}

Status Soundness::verify_writes() const {
  const std::lock_guard lock(mutex_);
  return last_write_;
}

Status Soundness::verify_pages() const {
  const std::lock_guard lock(mutex_);
  return damage_;
}

Status Soundness::verify_values() const {
  const std::lock_guard lock(mutex_);
  return unreadable_;
}

Soundness::Steady::time_point Soundness::last_written() const {
  const std::lock_guard lock(mutex_);
  return last_written_;
}

}  // namespace tegata::store::engine
