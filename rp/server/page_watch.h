// Reads all pages of the database each hour from the start on, which has read them itself, and at once where a
// statement met damage. The store remembers what was found, and /readyz says it.
#pragma once

#include <chrono>

#include "rp/server/running/rounds.h"
#include "rp/store/store.h"

namespace tegata::server {

class PageWatch {
 public:
  struct Pace {
    std::chrono::milliseconds every{std::chrono::hours(1)};
    std::chrono::milliseconds look{std::chrono::seconds(1)};    // whether a statement met damage
    std::chrono::milliseconds again{std::chrono::seconds(10)};  // while it is damaged
  };
  // The references must outlive it.
  PageWatch(store::Store&, const Clock&, running::Vitals&, const running::Log&, Pace);

 private:
  std::chrono::milliseconds round(const std::stop_token& stop);

  store::Store& store_;
  const Clock& clock_;
  const Pace pace_;
  std::chrono::milliseconds next_{};
  running::Rounds rounds_;  // last: they end before what they use
};

}  // namespace tegata::server
