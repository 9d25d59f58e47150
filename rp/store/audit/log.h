// Reading and checking the audit log.
//
// record_hash = SHA-256(previous_hash || canonical record); the first previous_hash is 32 zero bytes.
// mac = HMAC-SHA-256 over record_hash, under a key that is not in the database: nobody who can only write the database
// adds a record.
// The head file, written after every COMMIT and before any result is released, holds count, hash and a signature over
// both: cutting off the last record, or putting an older database back, is found out.
#pragma once

#include "rp/base/instant.h"
#include "rp/store/audit/event.h"
#include "rp/store/engine/reader.h"

namespace tegata::store::audit {

struct AuditRecord {
  std::int64_t number = 0;  // 1, 2, 3, ... without gaps
  Instant at{};
  AuditEvent event;
  Digest previous{};
  Digest hash{};
  std::optional<Digest> mac;  // nothing where what stands there is none
};

// Records from `first_number` on, at most `limit`.
Result<std::vector<AuditRecord>> list_audit(engine::Reader&, std::int64_t first_number, std::int64_t limit);

// What concerns the phones and the My Number link of one person, done by the person or to the person (actor or subject
// "practitioner:<id>"): registered, renamed, removed, revoked, proven, linked, unlinked, log-ins. The newest first.
Result<std::vector<AuditRecord>> list_phone_events(engine::Reader&, const std::string& practitioner_id,
                                                   std::int64_t limit);

}  // namespace tegata::store::audit
