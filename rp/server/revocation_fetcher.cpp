#include "rp/server/revocation_fetcher.h"

#include <algorithm>

#include "rp/server/errors.h"

namespace tegata::server {
namespace {

constexpr std::chrono::seconds soonest_again{60};

Result<Bytes> fetch_once(const std::string& address, const Clock& clock, const std::function<bool()>& stopping) {
  try {
    return fetch(address, {card::largest_revocation_list}, clock, stopping);
  } catch (const std::exception& error) {  // no memory
    return Error(errors::revocation_unreachable, error.what());
  }
}

}  // namespace

void RevocationFetcher::follow(const std::set<std::string>& addresses, std::chrono::seconds every) {
  for (auto& [address, thread] : threads_) thread.request_stop();
  threads_.clear();  // joins
  {
    const std::lock_guard lock(mutex_);
    tried_.clear();
  }
  for (const auto& address : addresses) {
    threads_.emplace(address, [this, address, every](const std::stop_token& stop) { run(stop, address, every); });
  }
}

void RevocationFetcher::run(const std::stop_token& stop, const std::string& address, std::chrono::seconds every) {
  const auto stopping = [&stop] { return stop.stop_requested(); };
  while (!stop.stop_requested()) {
    auto fetched = fetch_once(address, clock_, stopping);
    if (stop.stop_requested()) return;
    const bool good = watch_.take(address, fetched);
    fetched = Bytes();
    note_tried(address);
    std::unique_lock lock(mutex_);
    std::condition_variable_any never;
    never.wait_for(lock, stop, good ? every : std::min(every, soonest_again), [] { return false; });
  }
}

void RevocationFetcher::note_tried(const std::string& address) {
  {
    const std::lock_guard lock(mutex_);
    tried_.insert(address);
  }
  tried_one_.notify_all();
}

void RevocationFetcher::wait_for_first_round(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  tried_one_.wait_for(lock, most, [this] { return tried_.size() == threads_.size(); });
}

}  // namespace tegata::server
