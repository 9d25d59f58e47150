// The door to the database. Services hand in operations; one caller at a time runs what waits as a batch.
//
// Promises:
//  - Each operation of a batch runs in a SAVEPOINT of its own. A failing one is rolled back and its
//    neighbours stand. Its result reaches the caller only after the COMMIT of the batch returned OK; a
//    failed COMMIT fails every operation of the batch (store_commit_failed).
//  - No effect without an audit record: an operation that changed rows and recorded no audit event is
//    rolled back (store_unaudited).
//  - Refusals are audited too; of those, and of effects for which nobody proves anything, a sample
//    (store/audit/sample.h).
//  - What is committed is on the disk (WAL, synchronous=FULL).
//  - The clock is believed only where it agrees with what was committed (clock_rules.h). While it does not, every write
//    but what takes away is refused (store_clock_behind, store_clock_ahead), and ready() says so; once it is right
//    again, all goes on.
//  - Every record has a MAC under a key that is not in the database. While its end holds a record without a right one,
//    or is not what was written, every write is refused (store_audit_stopped), reads go on, and ready() says so, until
//    an operator has accepted it (store/upkeep/audit_acceptance.h).
//  - While less than Options::reserve is free on the disk, only writes that may use the reserve are done, reads go on,
//    and ready() says so. Nothing was changed then, and nothing is to be done when there is room again.
//  - Nothing is acknowledged that was written into files which are not at their paths any more (store_files_gone).
//  - ready() knows how the last write ended. Where nobody writes, one that changes nothing is made: each second while
//    the last one failed, else after Options::idle.
// Errors besides the operation's own: store_busy (queue full, or no answer in time: the caller must take
// the outcome as unknown), store_unavailable (the database does not answer), store_damaged, store_files_gone,
// store_disk_full (no room: nothing was changed).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>

#include "rp/base/result.h"
#include "rp/base/world.h"
#include "rp/store/audit/event.h"
#include "rp/store/engine/options.h"
#include "rp/store/engine/reader.h"

namespace tegata::store::engine {
class Soundness;
class DiskRoom;
}  // namespace tegata::store::engine

namespace tegata::store {

using audit::AuditEvent;
using engine::Options;
using engine::Reader;

// What a write is for: what may refuse it, and at which moment it happens. What is read before it is judged for the
// same.
enum class Purpose {
  // Needs room on the disk, beyond Options::reserve, and a clock that is believed.
  give,
  // What a server cannot start or end without, and what forgets: uses the reserve, and needs a clock that is believed.
  upkeep,
  // Ends a phone, a pass, somebody's standing, a key, a request, and gives nobody anything: uses the reserve, and works
  // under any clock. Under one that is not believed it happens at the highest committed moment, and leaves the mark of
  // the clock as it is: nothing else ends by it, and nothing that has ended revives.
  take_away,
  // By the clock as it stands, which is the one to be believed from then on. For repair_clock() alone.
  set_clock
};

// At which moment a view is judged: never earlier than what was committed before, so that nothing that has expired
// revives. Errors: store_clock_behind, store_clock_ahead, where the clock is not to be believed. For
// Purpose::take_away neither of them: what is judged then, is judged at the latest moment that is known to have passed.
Result<Instant> moment(Reader&, const Clock&, Purpose purpose = Purpose::give);

// What one operation does, from its SAVEPOINT to its end.
class Transaction : public Reader {
 public:
  Transaction(engine::Connection& connection, Instant now) : Reader(connection), now_(now) {}

  // The moment at which this operation happens; the same for all its statements.
  Instant now() const { return now_; }

  // The record of an effect, hash-chained in commit order.
  void audit(AuditEvent event) { effects_.push_back(std::move(event)); }

  // The record of an effect for which nobody had to prove anything, and which touches nobody's ticket, request or
  // person: a sample of them is kept (docs/decisions/0001-store.md names them). It accounts for the effect also where
  // left out.
  void audit_unproven(AuditEvent event) { unproven_.push_back(std::move(event)); }

  // The record of a refusal. It stands although the operation returns an Error and is rolled back. A sample of them is
  // kept; all of them where rows were changed beside it.
  void audit_refusal(AuditEvent event) { refusals_.push_back(std::move(event)); }

  // The operation returns an Error, but its effects stand (a wrong number that ends a ticket).
  void keep_effects() { keep_effects_ = true; }

  const std::vector<AuditEvent>& effects() const { return effects_; }
  const std::vector<AuditEvent>& unproven() const { return unproven_; }
  const std::vector<AuditEvent>& refusals() const { return refusals_; }
  bool keeps_effects() const { return keep_effects_; }

 private:
  Instant now_;
  std::vector<AuditEvent> effects_, unproven_, refusals_;
  bool keep_effects_ = false;
};

class Store {
 public:
  // Opens a database that has begun (store/upkeep/beginning.h) and brings its schema up to date. Errors: store_absent,
  // store_unavailable, store_schema_newer, store_audit_broken (no right key), store_audit_stopped (end of the chain or
  // signed head does not hold), store_put_back (a copy, or an older state, that nobody restored: store/audit/epoch.h),
  // those of the files (rp/host/private_file.h).
  static Result<std::unique_ptr<Store>> open(const Options& options, const Clock& clock);
  // The database as open() would leave it, to read in; nothing is made and nothing changes. Where its schema is older,
  // the steps are tried in a transaction that is rolled back, and writers wait meanwhile. REQUIRES: one thread reads at
  // a time; nothing but read() and verify_clock() is called. Errors: those of open().
  static Result<std::unique_ptr<Store>> look(const Options& options, const Clock& clock);
  // Likewise an empty database, as one that has just begun: what is judged by it where there is none yet.
  static Result<std::unique_ptr<Store>> look_at_none(const Clock& clock);
  ~Store();  // waits for the queue to drain

  // `operation` is called at most once, on this thread or on that of another writing caller. It must not block on
  // anything but the database.
  // T may be void.
  template <typename T>
  Result<T> write(std::function<Result<T>(Transaction&)> operation, Purpose purpose = Purpose::give) {
    std::optional<Result<T>> result;
    auto outcome = run_write(
        [&](Transaction& transaction) -> Status {
          result.emplace(operation(transaction));
          if (!*result) return result->error();
          return {};
        },
        purpose);
    if (!outcome) return outcome.error();
    return std::move(*result);
  }

  template <typename T>
  Result<T> read(std::function<Result<T>(Reader&)> operation) {
    std::optional<Result<T>> result;
    TEGATA_TRY(run_read([&](Reader& reader) -> Status {
      result.emplace(operation(reader));
      return {};
    }));
    return std::move(*result);
  }

  // Whether new work can be done: files at their paths, last write succeeded, no damage known, log as we wrote it,
  // clock to be believed, disk has room.
  Status ready();
  // Whether anything can be written at all: as ready(), but for the room and the damage.
  Status verify_writes();
  // Reads every page, by a connection of its own, which holds up nobody. ready() says what it found until the next
  // check, and a value that nobody can read for as long as this store is open. Ends early when it is to stop. Errors:
  // store_damaged, those of a read.
  Status check_pages(const std::stop_token& stop = {});
  // Since the last check no damage was met. Error: what was met, or what that check found.
  Status verify_pages() const;
  // Errors: store_audit_stopped, those of a read.
  Status verify_log();
  // Errors: store_clock_behind, store_clock_ahead, those of a read.
  Status verify_clock();

  struct Figures {
    std::uint64_t commits = 0, operations = 0, failed_operations = 0, failed_commits = 0, queued = 0, audit_records = 0,
                  audit_left_out = 0;
  };
  Figures figures() const;

 private:
  class Writer;
  class Readers;
  Store();
  static std::unique_ptr<Store> look_by(std::unique_ptr<engine::Connection> connection, const Clock& clock);
  // REQUIRES: waits until the operation has finished or will never run, so captured references stay valid.
  Status run_write(const std::function<Status(Transaction&)>& operation, Purpose purpose);
  Status run_read(const std::function<Status(Reader&)>& operation);
  Options options_;
  std::unique_ptr<engine::Soundness> soundness_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<engine::DiskRoom> room_;
  const Clock* clock_ = nullptr;
};

}  // namespace tegata::store
