// The hash chain of the audit log: appending to it, and reading it back.
#pragma once

#include "rp/store/audit.h"
#include "rp/store/connection.h"

namespace tegata::store {

// Where the chain ends. The empty chain ends at number 0 with 32 zero bytes.
struct ChainTail {
  std::int64_t count = 0;
  Digest hash{};
  friend bool operator==(const ChainTail&, const ChainTail&) = default;
};

Result<ChainTail> read_tail(Connection& connection);
// Writes the next record; gives the new tail. Bytes of the event that are not UTF-8 become U+FFFD.
Result<ChainTail> append(Connection& connection, const ChainTail& tail, Instant at, const AuditEvent& event);

// Where the log begins once its beginning was cut off: the last record that is gone, and our signature over it (see
// rp/store/purge.h).
struct Checkpoint {
  ChainTail tail;
  Bytes signature;
};
Result<std::optional<Checkpoint>> read_checkpoint(Connection& connection);

// A part of the chain: from record `first` on, at most `limit` records (-1: all); `before` is what stands before it.
struct Stretch {
  std::int64_t first = 1;
  ChainTail before;
  std::int64_t limit = -1;
};
// Checks every record of it: numbers without gaps, links, hashes. Gives the tail, and the hash at record number
// `marked` (0 for none). Error: store_audit_broken with the number of the first bad record.
struct CheckedChain {
  ChainTail tail;
  std::optional<Digest> marked;
};
Result<CheckedChain> check_chain(Connection& connection, const Stretch& stretch, std::int64_t marked);

// Checks that the chain from record `first` on (which has the head's record in it) holds and is not shorter than the
// head says. A longer chain is right: the head may have missed what was committed just before a power cut. `start` is
// where the chain begins: of a head that is older than that, only the signature can be judged.
Result<ChainTail> check_against_head(Connection& connection, std::int64_t first, const ChainTail& start,
                                     const ChainTail& head);

}  // namespace tegata::store
