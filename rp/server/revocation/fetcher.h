// Fetches revocation lists on their schedule. Each address has a thread of its own: a publisher that is slow, dead or
// sends garbage holds up its own list and nothing else.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "rp/server/revocation/card_watch.h"
#include "rp/server/revocation/fetch.h"
#include "rp/server/running/rounds.h"

namespace tegata::server::revocation {

class RevocationFetcher {
 public:
  // The references must outlive it.
  RevocationFetcher(CardWatch& watch, const Clock& clock, running::Vitals& vitals, const running::Log& log)
      : watch_(watch), clock_(clock), vitals_(vitals), log_(log) {}
  // Ends what is under way; a name that is just being resolved may take the resolver's time.
  ~RevocationFetcher() { end(rounds_); }

  // Follows these addresses, from now on and at once, every so often; a failure is tried again after a minute at the
  // latest. Those that are followed no longer end. `take_into_use` is called when there is a thread for each, before
  // any of them fetches. Errors: its own, server_without_threads; all is as before then.
  Status follow(const std::set<std::string>& addresses, std::chrono::seconds every,
                const std::function<Status()>& take_into_use);

  // Until each address was tried once, or the time is over. A server that has just started then knows its lists, unless
  // a publisher is slow.
  void wait_for_first_round(std::chrono::milliseconds most);

 private:
  using All = std::map<std::string, running::Rounds>;  // by address
  static void end(All& rounds);
  All begin(const std::set<std::string>& addresses, std::chrono::seconds every);
  // Gives how long to wait for the next try.
  std::chrono::seconds fetch_and_take(const std::stop_token& stop, const std::string& address,
                                      std::chrono::seconds every);
  void note_tried(const std::string& address);

  CardWatch& watch_;
  const Clock& clock_;
  running::Vitals& vitals_;
  const running::Log& log_;
  std::mutex mutex_;
  std::condition_variable_any tried_one_;
  std::set<std::string> tried_;
  All rounds_;  // last: they end before what they use
};

}  // namespace tegata::server::revocation
