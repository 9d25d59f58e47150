#include "rp/server/running/vitals.h"

#include "rp/server/config/errors.h"

namespace tegata::server::running {
namespace {

std::string in_seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

Vitals::Piece Vitals::begin(std::string what, std::chrono::milliseconds longest) {
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  return {*this, under_way_.insert(under_way_.end(), Entry{std::move(what), longest, now})};
}

void Vitals::end(Entries::iterator entry) {
  const std::lock_guard lock(mutex_);
  under_way_.erase(entry);
}

std::vector<Error> Vitals::hanging() const {
  const auto now = clock_.monotonic();
  std::vector<Error> out;
  const std::lock_guard lock(mutex_);
  for (const auto& entry : under_way_) {
    const auto lasts = now - entry.begun;
    if (lasts <= entry.longest) continue;
    out.emplace_back(errors::server_thread_hangs,
                     entry.what + ": it has been at it for " + in_seconds(lasts) + ", and " +
                         in_seconds(entry.longest) +
                         " are its most: see what it waits for (disk, network, token), and start the server again");
  }
  return out;
}

}  // namespace tegata::server::running
