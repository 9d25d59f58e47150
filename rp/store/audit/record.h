// One record as it lies in the database, and what makes it right by itself.
#pragma once

#include "rp/store/audit/key.h"
#include "rp/store/audit/log.h"
#include "rp/store/engine/connection.h"

namespace tegata::store::audit {

// The columns of the table, in the order in which read_stored_record takes them.
#define AUDIT_COLUMNS "number, at, kind, actor, subject, code, details, request_id, previous, hash, mac"

struct StoredRecord {
  AuditRecord record;
  std::string details;        // as it stands there
  std::optional<Digest> mac;  // nothing where it is none of ours
  std::string raw;            // every column with its type, for a digest over what nobody vouches for
  bool typed = true;          // every other column is of the type that we write
};
StoredRecord read_stored_record(engine::Row& row);

// SHA-256 over what stands before and a text.
Digest chained_hash(const Digest& before, std::string_view text);
// Over the hash of the record before it and the canonical record (store/audit/log.h).
Digest hash_of(const AuditRecord& record);

// A member of 64 hexadecimal digits; nothing where it is none.
std::optional<Digest> read_hash(const Json& object, const char* member);

// What is wrong with a record, apart from its place in the chain; empty: nothing. `with_mac`: false for a log from
// before there were MACs.
std::string fault_of(const StoredRecord& stored, const AuditKey& key, bool with_mac);

}  // namespace tegata::store::audit
