#include "rp/store/batch.h"

#include "rp/base/errors.h"
#include "rp/store/engine/errors.h"

namespace tegata::store {
namespace {

// The operation is somebody else's code: what it throws ends with it.
Status call(const Operation& operation, Transaction& transaction) {
  try {
    return operation(transaction);
  } catch (const std::exception& thrown) {
    return Error(errors::internal, std::string("an operation threw: ") + thrown.what());
  }
}

}  // namespace

Batch::~Batch() {
  if (committed_) return;
  if (left_out_) sample_.give_back(std::move(*left_out_));
  sample_.undo(kept_);
  if (connection_.in_transaction()) (void)connection_.run("ROLLBACK");
}

Status Batch::begin(const std::function<Status()>& before) {
  TEGATA_TRY(connection_.run("BEGIN IMMEDIATE"));
  if (before) TEGATA_TRY(before());
  // Read anew each time: another process (an operator's command) may have written.
  TEGATA_ASSIGN(tail_, audit::read_tail(connection_));
  TEGATA_ASSIGN(stored_mark_, read_clock_mark(connection_));
  begun_at_ = tail_;
  mark_ = stored_mark_;
  changes_at_begin_ = connection_.accountable_changes();
  return {};
}

// Under a clock that is not believed, what takes away happens at the latest moment that was committed.
Result<ClockMark> Batch::mark_for(Purpose purpose) const {
  const auto read = read_clock(clock_);
  if (purpose == Purpose::set_clock) return read;
  auto next = next_mark(mark_, read);
  if (!next && purpose == Purpose::take_away) return mark_;
  return next;
}

Status Batch::run(const Operation& operation, Purpose purpose) {
  if (purpose == Purpose::give) TEGATA_TRY(room_);
  TEGATA_ASSIGN(const auto mark, mark_for(purpose));
  Transaction transaction(connection_, mark.highest);
  TEGATA_TRY(connection_.run("SAVEPOINT operation"));
  const auto before = connection_.accountable_changes();
  auto outcome = call(operation, transaction);
  if (lost()) return outcome ? Error(errors::store_commit_failed, "the transaction is gone") : outcome.error();
  const bool changed = connection_.accountable_changes() != before;
  const auto tail_before = tail_;
  auto settled = settle(transaction, std::move(outcome), changed);
  // A clock that is taken as right counts only with what was done by it.
  if (purpose == Purpose::set_clock ? tail_ != tail_before : changed || tail_ != tail_before) mark_ = mark;
  return settled;
}

// Decides whether the effects stand, and writes the records that then belong beside them.
Status Batch::settle(const Transaction& transaction, Status outcome, bool changed) {
  const auto tail_before = tail_;
  bool stands = outcome.has_value() || transaction.keeps_effects();
  const bool accounted =
      !transaction.effects().empty() || !transaction.unproven().empty() || !transaction.refusals().empty();
  if (stands && changed && !accounted) {
    outcome = Error(errors::store_unaudited, "rows were changed and no audit event was recorded");
    stands = false;
  }
  if (stands) {
    auto recorded = record_all(transaction.effects(), transaction.now());
    if (recorded) recorded = record_sample(transaction.unproven(), transaction.now());
    // Where rows changed, the refusals are the record of an effect (a wrong number that ended a ticket): no limit.
    if (recorded && changed) recorded = record_all(transaction.refusals(), transaction.now());
    if (!recorded) {
      outcome = std::move(recorded);
      stands = false;
    }
  }
  if (lost()) return outcome;
  if (!stands) tail_ = tail_before;
  const auto ended = end_savepoint(stands);
  spoilt_ = !ended;
  if (spoilt_) return ended;
  if (stands && changed) return outcome;
  TEGATA_TRY(record_sample(transaction.refusals(), transaction.now()));
  return outcome;
}

Status Batch::end_savepoint(bool stands) {
  if (!stands) TEGATA_TRY(connection_.run("ROLLBACK TO operation"));
  TEGATA_TRY(connection_.run("RELEASE operation"));
  return {};
}

Status Batch::record_all(const std::vector<AuditEvent>& events, Instant now) {
  for (const auto& event : events) {
    TEGATA_ASSIGN(tail_, audit::append(connection_, key_, tail_, now, event));
  }
  return {};
}

// Below the reserve none is kept: the room is for effects.
Status Batch::record_sample(const std::vector<AuditEvent>& events, Instant now) {
  for (const auto& event : events) {
    if (!room_) {
      sample_.leave_out(event, now);
    } else if (auto kept = sample_.keep(event, now)) {
      kept_.push_back(std::move(*kept));
      TEGATA_TRY(record_all({event}, now));
    }
  }
  return {};
}

Status Batch::record_left_out(bool everything) {
  if (!room_) return {};
  TEGATA_ASSIGN(const auto mark, next_mark(mark_, read_clock(clock_)));
  left_out_ = sample_.take(mark.highest, everything);
  if (!left_out_) return {};
  mark_ = mark;
  return record_all({audit::describe(*left_out_)}, mark.highest);
}

Status Batch::commit() {
  TEGATA_TRY(write_clock_mark(connection_, stored_mark_, mark_));
  TEGATA_TRY(connection_.run("COMMIT"));
  committed_ = true;
  return {};
}

}  // namespace tegata::store
