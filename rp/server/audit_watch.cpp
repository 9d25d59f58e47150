#include "rp/server/audit_watch.h"

#include "rp/store/engine/errors.h"

namespace tegata::server {
namespace {

store::Notice alarm_of(const Error& error, Instant now) {
  store::Notice notice;
  notice.at = now;
  notice.kind = "audit_stopped";
  notice.details = {{"detail", error.detail()}};
  return notice;
}

}  // namespace

AuditWatch::AuditWatch(store::Store& store, const Clock& clock, running::Vitals& vitals, const running::Log& log,
                       std::function<void(store::Notice)> alarm, Pace pace)
    : store_(store),
      clock_(clock),
      log_(log),
      alarm_(std::move(alarm)),
      rounds_(vitals, log, {"audit", std::chrono::seconds(30), {}, pace.again}, [this, pace](const std::stop_token&) {
        look();
        return pace.every;
      }) {}

void AuditWatch::look() {
  const auto status = store_.verify_log();
  const bool stopped = !status && status.error().code() == errors::store_audit_stopped;
  if (!status && !stopped) return;  // the database does not answer, which says nothing of the log
  if (stopped && !stopped_) {
    unsaid_ = alarm_of(status.error(), clock_.now());
    stopped_ = true;
    log_.error("audit_stopped", status.error());
  }
  if (unsaid_) alarm_(*unsaid_);
  unsaid_.reset();  // not before it was taken: that may throw
  if (!stopped && stopped_.exchange(false)) log_.info("audit_goes_on");
}

std::string AuditWatch::figures() const {
  return std::string("# TYPE tegata_audit_stopped gauge\ntegata_audit_stopped ") + (stopped_ ? "1" : "0") + "\n";
}

}  // namespace tegata::server
