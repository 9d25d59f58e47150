// Says in log, metrics and notices when the log is not what this server wrote, and when writing goes on. The store
// refuses by itself; this is for the eyes of operators, also while nobody writes.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "rp/server/running/log.h"
#include "rp/server/running/rounds.h"
#include "rp/store/notices.h"

namespace tegata::server {

class AuditWatch {
 public:
  struct Pace {
    std::chrono::milliseconds every{std::chrono::seconds(1)};
    std::chrono::milliseconds again{std::chrono::seconds(10)};  // after a look that threw
  };
  // `alarm` tells operators; it must not write to the database. What it throws, it is told again. The references must
  // outlive this. Events: "audit_stopped" with code and detail, "audit_goes_on".
  AuditWatch(store::Store&, const Clock&, running::Vitals&, const running::Log&,
             std::function<void(store::Notice)> alarm, Pace);

  // Prometheus text: tegata_audit_stopped is 1 while nothing is written because of the log.
  std::string figures() const;

 private:
  void look();

  store::Store& store_;
  const Clock& clock_;
  const running::Log& log_;
  const std::function<void(store::Notice)> alarm_;
  std::atomic<bool> stopped_{false};
  std::optional<store::Notice> unsaid_;  // an alarm that was not taken
  running::Rounds rounds_;               // last: they end before what they use
};

}  // namespace tegata::server
