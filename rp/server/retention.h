// The daily round that forgets what is over (rp/store/upkeep/purge.h).
#pragma once

#include <chrono>
#include <memory>

#include "rp/server/running/log.h"
#include "rp/server/running/rounds.h"
#include "rp/store/upkeep/purge.h"

namespace tegata::server {

class PurgeWorker {
 public:
  struct Pace {
    std::chrono::milliseconds first{std::chrono::minutes(5)};  // after the start, when nobody waits for it
    std::chrono::milliseconds every{std::chrono::hours(24)};
  };
  // The references must outlive it. What a round removed, or why it failed, stands in the log ("purged",
  // "purge_failed").
  PurgeWorker(store::Store&, store::Options, const store::upkeep::Retention&, running::Vitals&, const running::Log&,
              Pace);
  // Finishes the piece under way.
  ~PurgeWorker() = default;

 private:
  void round(const std::stop_token& stop);

  store::Store& store_;
  const store::Options options_;
  const store::upkeep::Retention retention_;
  const running::Log& log_;
  running::Rounds rounds_;  // last: they end before what they use
};

}  // namespace tegata::server
