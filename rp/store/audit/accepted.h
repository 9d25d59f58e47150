// What an operator accepted as it stood: records that nobody vouches for, or that are missing. Its record,
// "audit_accepted", says from which number to which, a digest over what stood there, and from which hash the chain goes
// on behind it. It counts by its own MAC.
#pragma once

#include "rp/store/audit/record.h"

namespace tegata::store::audit {

struct AcceptedStretch {
  std::int64_t record = 0;           // the number of the record that says so
  std::int64_t first = 0, last = 0;  // 0: no record was wrong, but the head was
  Digest digest{};                   // over what stands there
  Digest hash{};                     // from which the chain goes on
  Instant at{};
  std::string actor, reason, what;  // `what` was wrong
  bool is_empty() const { return first == 0; }
};
Json details_of(const AcceptedStretch&);

// In the order of their numbers, without those that a later one covers.
Result<std::vector<AcceptedStretch>> list_accepted(engine::Connection& connection, const AuditKey& key);

// The digest of a stretch, whatever its rows hold: none, columns of other types, numbers that are missing.
class AcceptedContent {
 public:
  void add(const std::string& raw);
  Digest digest() const { return digest_; }

 private:
  Digest digest_{};
};

}  // namespace tegata::store::audit
