#include "rp/server/revocation/fetcher.h"

#include <algorithm>
#include <system_error>

#include "rp/server/config/errors.h"

namespace tegata::server::revocation {
namespace {

constexpr std::chrono::seconds soonest_again{60}, longest_fetch{600};
constexpr std::chrono::hours until_woken{24};

Result<Bytes> fetch_once(const std::string& address, const Clock& clock, const std::function<bool()>& stopping) {
  try {
    return fetch(address, {card::largest_revocation_list}, clock, stopping);
  } catch (const std::exception& error) {  // no memory
    return Error(errors::revocation_unreachable, error.what());
  }
}

}  // namespace

void RevocationFetcher::end(All& rounds) {
  for (auto& [address, each] : rounds) each.request_stop();
  rounds.clear();  // joins
}

RevocationFetcher::All RevocationFetcher::begin(const std::set<std::string>& addresses, std::chrono::seconds every) {
  All out;
  for (const auto& address : addresses) {
    out.try_emplace(
        address, vitals_, log_, running::Rounds::Plan{"revocation list of " + address, longest_fetch, until_woken},
        [this, address, every](const std::stop_token& stop) { return fetch_and_take(stop, address, every); });
  }
  return out;
}

// The new ones stand before anything changes: where there are no threads for them, the old ones go on.
Status RevocationFetcher::follow(const std::set<std::string>& addresses, std::chrono::seconds every,
                                 const std::function<Status()>& take_into_use) {
  try {
    auto begun = begin(addresses, every);
    TEGATA_TRY(take_into_use());
    {
      const std::lock_guard lock(mutex_);
      tried_.clear();
    }
    rounds_.swap(begun);
    for (auto& [address, each] : rounds_) each.wake();
    end(begun);
  } catch (const std::system_error& error) {
    return Error(errors::server_without_threads, "the revocation lists of " + std::to_string(addresses.size()) +
                                                     " addresses: " + error.code().message() +
                                                     ": allow more threads (TasksMax) or memory");
  }
  return {};
}

std::chrono::seconds RevocationFetcher::fetch_and_take(const std::stop_token& stop, const std::string& address,
                                                       std::chrono::seconds every) {
  const auto fetched = fetch_once(address, clock_, [&stop] { return stop.stop_requested(); });
  if (stop.stop_requested()) return every;
  const bool good = watch_.take(address, fetched);
  note_tried(address);
  return good ? every : std::min(every, soonest_again);
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
  tried_one_.wait_for(lock, most, [this] { return tried_.size() >= rounds_.size(); });
}

}  // namespace tegata::server::revocation
