#include "rp/server/clock_watch.h"

#include "rp/store/engine/errors.h"

namespace tegata::server {

ClockWatch::ClockWatch(store::Store& store, running::Vitals& vitals, const running::Log& log, Pace pace)
    : store_(store),
      log_(log),
      rounds_(vitals, log, {"clock", std::chrono::seconds(30)}, [this, pace](const std::stop_token&) {
        look();
        return pace.every;
      }) {}

void ClockWatch::look() {
  const auto status = store_.verify_clock();
  const bool refused = !status && (status.error().code() == errors::store_clock_behind ||
                                   status.error().code() == errors::store_clock_ahead);
  if (!status && !refused) return;  // the database does not answer, which says nothing of the clock
  if (refused_.exchange(refused) == refused) return;
  if (refused) return log_.error("clock_refused", status.error());
  log_.info("clock_right_again");
}

std::string ClockWatch::figures() const {
  return std::string("# TYPE tegata_clock_refused gauge\ntegata_clock_refused ") + (refused_ ? "1" : "0") + "\n";
}

}  // namespace tegata::server
