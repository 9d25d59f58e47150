// One outer transaction and the operations in it. Used by the writer thread only.
#pragma once

#include <functional>

#include "rp/store/audit/chain.h"
#include "rp/store/audit/sample.h"
#include "rp/store/clock_rules.h"
#include "rp/store/store.h"

namespace tegata::store {

using Operation = std::function<Status(Transaction&)>;

class Batch {
 public:
  // `key`: by which records get their MAC. `room`: whether the disk has more than the reserve.
  Batch(engine::Connection& connection, const audit::AuditKey& key, audit::AuditSample& sample, const Clock& clock,
        Status room)
      : connection_(connection), key_(key), sample_(sample), clock_(clock), room_(std::move(room)) {}
  // Ends an uncommitted transaction.
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Takes the write lock, does what belongs before the batch, and reads where the chain and the clock stand then. After
  // an error there is nothing to end.
  Status begin(const std::function<Status()>& before = nullptr);
  // The next record follows this one, whatever stands there. REQUIRES: begin() was OK, and nothing was recorded yet.
  void go_on_from(const audit::ChainTail& tail) { tail_ = begun_at_ = tail; }
  // One operation in its savepoint, with its audit records. The result counts only once commit() is OK.
  Status run(const Operation& operation, Purpose purpose);
  // The one record of what the sample left out, once its minute is over and there is room.
  Status record_left_out(bool everything = false);
  // The database has given up the outer transaction, or one operation cannot be undone alone: nothing of the batch may
  // stand.
  bool lost() const { return spoilt_ || !connection_.in_transaction(); }
  Status commit();

  const audit::ChainTail& tail() const { return tail_; }
  std::int64_t records() const { return tail_.count - begun_at_.count; }

 private:
  Result<ClockMark> mark_for(Purpose purpose) const;
  Status settle(const Transaction& transaction, Status outcome, bool changed);
  Status end_savepoint(bool stands);
  Status record_all(const std::vector<AuditEvent>& events, Instant now);
  Status record_sample(const std::vector<AuditEvent>& events, Instant now);

  engine::Connection& connection_;
  const audit::AuditKey& key_;
  audit::AuditSample& sample_;
  const Clock& clock_;
  const Status room_;
  audit::ChainTail begun_at_, tail_;
  ClockMark mark_, stored_mark_;
  std::int64_t changes_at_begin_ = 0;
  std::optional<audit::LeftOut> left_out_;      // that is told of here
  std::vector<audit::AuditSample::Kept> kept_;  // of the sample, recorded here
  bool spoilt_ = false;
  bool committed_ = false;
};

}  // namespace tegata::store
