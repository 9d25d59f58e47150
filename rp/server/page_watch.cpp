#include "rp/server/page_watch.h"

namespace tegata::server {

PageWatch::PageWatch(store::Store& store, const Clock& clock, running::Vitals& vitals, const running::Log& log,
                     Pace pace)
    : store_(store),
      clock_(clock),
      pace_(pace),
      next_(clock.monotonic() + pace.every),
      rounds_(vitals, log, {"check of the pages", std::chrono::hours(1)},
              [this](const std::stop_token& stop) { return round(stop); }) {}

std::chrono::milliseconds PageWatch::round(const std::stop_token& stop) {
  if (clock_.monotonic() < next_ && store_.verify_pages()) return pace_.look;
  const auto checked = store_.check_pages(stop);
  next_ = clock_.monotonic() + (checked ? pace_.every : pace_.again);
  return checked ? pace_.look : pace_.again;
}

}  // namespace tegata::server
