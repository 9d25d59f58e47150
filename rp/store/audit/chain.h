// The hash chain of the audit log: appending to it, and walking it.
//
// A record is right where its columns are of our types, its hash is that of its content and of the record before it,
// and its MAC is right. What an operator accepted as it stood (store/audit/accepted.h) is right as long as it stays so.
#pragma once

#include <functional>
#include <limits>

#include "rp/store/audit/accepted.h"
#include "rp/store/engine/options.h"

namespace tegata::store::audit {

// Where the chain ends. The empty chain ends at number 0 with 32 zero bytes.
struct ChainTail {
  std::int64_t count = 0;
  Digest hash{};
  friend bool operator==(const ChainTail&, const ChainTail&) = default;
};

Result<ChainTail> read_tail(engine::Connection& connection);
// The same, of a log of which nothing may be left behind `start`.
Result<ChainTail> read_tail(engine::Connection& connection, const ChainTail& start);
// Of a record that stands there.
Result<std::optional<Digest>> find_hash(engine::Connection& connection, std::int64_t number);
// Writes the next record; gives the new tail. Bytes of the event that are not UTF-8 become U+FFFD.
Result<ChainTail> append(engine::Connection& connection, const AuditKey& key, const ChainTail& tail, Instant at,
                         const AuditEvent& event);

// As it stands, its MAC included; its place in the chain is the caller's to judge.
Status insert_record(engine::Connection& connection, const AuditRecord& record, const Digest& mac);

// Where the log begins once its beginning was cut off: the last record that is gone, and our signature over it (see
// rp/store/upkeep/purge.h).
struct Checkpoint {
  ChainTail tail;
  Bytes signature;
};
Result<std::optional<Checkpoint>> read_checkpoint(engine::Connection& connection);

// The log as one walks it. `start`: where the chain begins; `accepted`: in order, apart from each other.
struct LogView {
  engine::Connection& connection;
  const AuditKey& key;
  ChainTail start;
  std::vector<AcceptedStretch> accepted;
  bool with_macs = true;  // false: from before there were any
};
// The database as it is at this moment, for verification. One of a version that knew no MACs is read as if it had none
// of them, which its head says as well.
Result<std::unique_ptr<engine::Connection>> open_log_to_read(const engine::Options& options);
Result<LogView> view_log(engine::Connection& connection, const AuditKey& key, const ChainTail& start);

// A part of the chain, by number; `before` is what stands before it. REQUIRES: it begins in no accepted stretch.
inline constexpr std::int64_t any_first = std::numeric_limits<std::int64_t>::min(),
                              any_last = std::numeric_limits<std::int64_t>::max();
struct Stretch {
  std::int64_t first = any_first;
  ChainTail before;
  std::int64_t last = any_last;
};

// What a walk found. `what` names the first thing that is wrong, and is empty where all holds; then `first_bad` to
// `last_bad` are the numbers that are concerned.
struct Walked {
  ChainTail tail;
  std::optional<Digest> marked;  // the hash at the number that was asked for
  std::string what;
  std::int64_t first_bad = 0, last_bad = 0;
};
// Goes through every record of it, also behind what is wrong. `each` sees what was read.
using EachRecord = std::function<void(const StoredRecord&)>;
Result<Walked> walk(const LogView& log, const Stretch& stretch, std::int64_t marked, const EachRecord& each = nullptr);

// What is wrong between what was walked and a head, which was marked; empty: nothing.
std::string fault_at_head(const LogView& log, const Walked& walked, const ChainTail& head);

// As walk(). Error: store_audit_broken, with the first thing that is wrong.
Result<Walked> check_chain(const LogView& log, const Stretch& stretch, std::int64_t marked);

// Checks that the chain from record `first` on (which has the head's record in it) holds and is not shorter than the
// head says. A longer chain is right, as its records have MACs: the head may have missed what was committed just before
// a power cut. Of a head that is older than the beginning, only the signature can be judged. Error: store_audit_broken.
Result<ChainTail> check_against_head(const LogView& log, std::int64_t first, const ChainTail& head);

// A head file that lags by more than a power cut explains was put back. Error: store_audit_broken.
Status check_lag(engine::Connection& connection, const ChainTail& head);

// Where record `number` lies in an accepted stretch.
const AcceptedStretch* find_accepted(const LogView& log, std::int64_t number);

}  // namespace tegata::store::audit
