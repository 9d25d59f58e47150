#include "rp/server/retention.h"

namespace tegata::server {

PurgeWorker::PurgeWorker(store::Store& store, store::Options options, const store::upkeep::Retention& retention,
                         running::Vitals& vitals, const running::Log& log, Pace pace)
    : store_(store),
      options_(std::move(options)),
      retention_(retention),
      log_(log),
      rounds_(vitals, log, {"purge", std::chrono::hours(6), pace.first}, [this, pace](const std::stop_token& stop) {
        round(stop);
        return pace.every;
      }) {}

void PurgeWorker::round(const std::stop_token& stop) {
  const auto purged = store::upkeep::purge(store_, options_, retention_, "system", stop);
  if (!purged) return log_.error("purge_failed", purged.error());
  const bool nothing = purged->removed == store::upkeep::Purged{} && purged->unacknowledged == 0 && !purged->behind;
  if (!nothing) log_.info("purged", store::upkeep::describe(*purged));
}

}  // namespace tegata::server
