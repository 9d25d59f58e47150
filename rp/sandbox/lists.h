// The revocation lists of a verification environment: published at its start and every hour, and whenever a card is
// revoked.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "rp/base/world.h"
#include "rp/sandbox/layout.h"

namespace tegata::sandbox {

// Issues the lists anew. Error: internal.
Status publish_lists(const Layout&, Instant now);

// Revokes a sample card for good. `card` is the name of its file ("card-doctor"), or a path to its certificate. The
// server takes it in with its next fetch, within a second. Error: internal.
Status revoke_card(const Layout&, const std::string& card, Instant now);

class ListPublisher {
 public:
  // The clock must outlive it.
  ListPublisher(const Layout& layout, const Clock& clock);

 private:
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::jthread thread_;
};

}  // namespace tegata::sandbox
