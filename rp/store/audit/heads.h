// Heads that were sent elsewhere, line by line: whoever puts database and head file back together to an older state is
// found out by what lies there.
//
// One line of JSON: {"at","count","hash","signature"}, the signature by the audit key over
// "tegata audit head sent\n<at>\n<count>\n<hash in hex>\n".
#pragma once

#include <memory>
#include <string>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"
#include "rp/store/engine/options.h"

namespace tegata::store::audit {

class AuditHead;

// The heads of one database as they are sent; nothing is made, nothing is locked.
class HeadLines {
 public:
  // Errors: store_unavailable, store_audit_broken.
  static Result<std::unique_ptr<HeadLines>> open(const engine::Options& options);
  ~HeadLines();

  struct Line {
    std::int64_t count = 0;
    Digest hash{};
    std::string text;  // without a line feed
  };
  // Of the head as it is now. Errors: those of AuditHead::read; store_audit_broken where there is none.
  Result<Line> read(Instant at) const;

 private:
  HeadLines();
  std::unique_ptr<AuditHead> head_;
};

struct HeadsVerdict {
  std::int64_t lines = 0;       // that are of this log
  std::int64_t older = 0;       // of these, from before its beginning was purged: only the signature can be judged
  std::int64_t restored = 0;    // of records that a recorded restore put others in the place of
  std::int64_t unreadable = 0;  // that are no such line (a power cut leaves half of one)
};
// Holds the database against every line of a file. Errors: store_audit_put_back, with the first line that is not of
// this log any more and the last one before it that is; store_audit_broken (a line without a right signature);
// store_unavailable (the file cannot be read, or has no line).
Result<HeadsVerdict> verify_heads(const engine::Options& options, const std::string& file);

}  // namespace tegata::store::audit
