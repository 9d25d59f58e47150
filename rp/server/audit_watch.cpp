#include "rp/server/audit_watch.h"

#include "rp/store/errors.h"

namespace tegata::server {

AuditWatch::AuditWatch(store::Store& store, const Clock& clock, Vitals& vitals, const Log& log,
                       std::function<void(store::Notice)> alarm, Pace pace)
    : store_(store),
      clock_(clock),
      log_(log),
      alarm_(std::move(alarm)),
      rounds_(vitals, log, {"audit", std::chrono::seconds(30)}, [this, pace](const std::stop_token&) {
        look();
        return pace.every;
      }) {}

void AuditWatch::look() {
  const auto status = store_.verify_log();
  const bool stopped = !status && status.error().code() == errors::store_audit_stopped;
  if (!status && !stopped) return;  // the database does not answer, which says nothing of the log
  if (stopped_.exchange(stopped) == stopped) return;
  if (!stopped) return log_.info("audit_goes_on");
  log_.error("audit_stopped", status.error());
  store::Notice notice;
  notice.at = clock_.now();
  notice.kind = "audit_stopped";
  notice.details = {{"detail", status.error().detail()}};
  alarm_(std::move(notice));
}

std::string AuditWatch::figures() const {
  return std::string("# TYPE tegata_audit_stopped gauge\ntegata_audit_stopped ") + (stopped_ ? "1" : "0") + "\n";
}

}  // namespace tegata::server
