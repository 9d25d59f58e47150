#include "rp/store/audit_chain.h"

#include "rp/store/errors.h"

namespace tegata::store {
namespace {

std::string clean(const std::string& text) {
  if (is_utf8(text)) return text;
  return Json::parse(dump_json(Json(text))).get<std::string>();
}

// Members sorted by name, no white space: nlohmann's order, and the same in any language.
std::string canonical(const AuditRecord& record) {
  return dump_json(Json{{"number", record.number},
                        {"at", unix_milliseconds(record.at)},
                        {"kind", record.event.kind},
                        {"actor", record.event.actor},
                        {"subject", record.event.subject},
                        {"code", record.event.code},
                        {"details", record.event.details},
                        {"request_id", record.event.request_id}});
}

Digest hash_of(const AuditRecord& record) {
  Bytes chained(record.previous.begin(), record.previous.end());
  const auto text = canonical(record);
  chained.insert(chained.end(), text.begin(), text.end());
  return sha256(chained);
}

ChainTail read_tail_row(Row& row) {
  ChainTail out;
  out.count = row.integer();
  out.hash = row.digest();
  return out;
}

Checkpoint read_checkpoint_row(Row& row) {
  Checkpoint out;
  out.tail = read_tail_row(row);
  out.signature = row.bytes();
  return out;
}

struct StoredRecord {
  AuditRecord record;
  std::string details;
};

StoredRecord read_record(Row& row) {
  StoredRecord out;
  out.record.number = row.integer();
  out.record.at = row.instant();
  out.record.event.kind = row.text();
  out.record.event.actor = row.text();
  out.record.event.subject = row.text();
  out.record.event.code = row.text();
  out.details = row.text();
  out.record.event.request_id = row.text();
  const auto previous = row.bytes();
  const auto hash = row.bytes();
  if (previous.size() == 32) std::copy(previous.begin(), previous.end(), out.record.previous.begin());
  if (hash.size() == 32) std::copy(hash.begin(), hash.end(), out.record.hash.begin());
  out.record.event.details = Json::parse(out.details, nullptr, false);
  return out;
}

constexpr std::string_view select_records =
    "SELECT number, at, kind, actor, subject, code, details, request_id, previous, hash FROM audit "
    "WHERE number >= :first ORDER BY number LIMIT :limit";

AuditRecord read_public_record(Row& row) {
  auto stored = read_record(row);
  if (stored.record.event.details.is_discarded()) row.damage();
  return std::move(stored.record);
}

// Time goes back at a repair of the clock alone.
bool is_in_time(const AuditRecord& record, Instant previous) {
  return record.at >= previous || record.event.kind == "clock_repaired";
}

bool holds(const StoredRecord& stored, const ChainTail& before) {
  const auto& record = stored.record;
  if (record.event.details.is_discarded() || dump_json(record.event.details) != stored.details) return false;
  return record.number == before.count + 1 && record.previous == before.hash && record.hash == hash_of(record);
}

Error chain_broken(const std::string& what) { return Error(errors::store_audit_broken, what); }

}  // namespace

Result<ChainTail> read_tail(Connection& connection) {
  TEGATA_ASSIGN(
      const auto found,
      connection.find<ChainTail>("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", {}, read_tail_row));
  return found.value_or(ChainTail{});
}

Result<ChainTail> append(Connection& connection, const ChainTail& tail, Instant at, const AuditEvent& event) {
  AuditRecord record;
  record.number = tail.count + 1;
  record.at = at;
  record.event.kind = clean(event.kind);
  record.event.actor = clean(event.actor);
  record.event.subject = clean(event.subject);
  record.event.code = clean(event.code);
  record.event.request_id = clean(event.request_id);
  const auto details = dump_json(event.details);
  record.event.details = Json::parse(details);
  record.previous = tail.hash;
  record.hash = hash_of(record);
  TEGATA_TRY(
      connection.run("INSERT INTO audit (number, at, kind, actor, subject, code, details, request_id, previous, hash) "
                     "VALUES (:number, :at, :kind, :actor, :subject, :code, :details, :request_id, :previous, :hash)",
                     {{":number", record.number},
                      {":at", at},
                      {":kind", record.event.kind},
                      {":actor", record.event.actor},
                      {":subject", record.event.subject},
                      {":code", record.event.code},
                      {":details", dump_json(record.event.details)},
                      {":request_id", record.event.request_id},
                      {":previous", record.previous},
                      {":hash", record.hash}}));
  return ChainTail{record.number, record.hash};
}

Result<std::optional<Checkpoint>> read_checkpoint(Connection& connection) {
  return connection.find<Checkpoint>("SELECT number, hash, signature FROM audit_checkpoint", {}, read_checkpoint_row);
}

Result<CheckedChain> check_chain(Connection& connection, const Stretch& stretch, std::int64_t marked) {
  CheckedChain out{stretch.before, {}};
  std::int64_t bad = 0;
  Instant previous{};
  TEGATA_TRY(connection.each(select_records, {{":first", stretch.first}, {":limit", stretch.limit}}, [&](Row& row) {
    if (bad != 0) return;
    const auto stored = read_record(row);
    if (!holds(stored, out.tail) || !is_in_time(stored.record, previous)) bad = out.tail.count + 1;
    previous = stored.record.at;
    out.tail = {stored.record.number, stored.record.hash};
    if (stored.record.number == marked) out.marked = stored.record.hash;
  }));
  if (bad != 0) return chain_broken("record " + std::to_string(bad) + " does not hold");
  return out;
}

namespace {

// What stands before record `first` of a chain that begins behind `start`.
Result<ChainTail> tail_before(Connection& connection, std::int64_t first, const ChainTail& start) {
  if (first - 1 <= start.count) return start;
  TEGATA_ASSIGN(const auto before, connection.find<ChainTail>("SELECT number, hash FROM audit WHERE number = :number",
                                                              {{":number", first - 1}}, read_tail_row));
  if (!before) return chain_broken("record " + std::to_string(first - 1) + " is missing");
  return *before;
}

}  // namespace

Result<ChainTail> check_against_head(Connection& connection, std::int64_t first, const ChainTail& start,
                                     const ChainTail& head) {
  TEGATA_ASSIGN(const auto before, tail_before(connection, first, start));
  TEGATA_ASSIGN(const auto checked, check_chain(connection, {first, before}, head.count));
  if (checked.tail.count < head.count) {
    return chain_broken("the head vouches for " + std::to_string(head.count) + " records, the chain has " +
                        std::to_string(checked.tail.count));
  }
  const auto at_head = head.count == start.count ? std::optional(start.hash) : checked.marked;
  if (head.count > 0 && head.count >= start.count && at_head != head.hash) {
    return chain_broken("the head is not that of this chain at record " + std::to_string(head.count));
  }
  return checked.tail;
}

Result<std::vector<AuditRecord>> list_audit(Reader& reader, std::int64_t first_number, std::int64_t limit) {
  return reader.connection().list<AuditRecord>(select_records, {{":first", first_number}, {":limit", limit}},
                                               read_public_record);
}

#define AUDIT_COLUMNS "number, at, kind, actor, subject, code, details, request_id, previous, hash"
// As the partial indexes of the schema have it.
#define OF_PHONES                                                                  \
  "kind IN ('credential_registered', 'credential_renamed', 'credential_removed', " \
  "'credential_revoked', 'credential_proven', 'phone_login', 'card_login', "       \
  "'mynumber_login', 'mynumber_linked', 'mynumber_unlinked')"

Result<std::vector<AuditRecord>> list_phone_events(Reader& reader, const std::string& practitioner_id,
                                                   std::int64_t limit) {
  const std::string who = "practitioner:" + practitioner_id;
  return reader.connection().list<AuditRecord>("SELECT " AUDIT_COLUMNS " FROM audit WHERE " OF_PHONES
                                               " AND actor = :who "
                                               "UNION SELECT " AUDIT_COLUMNS " FROM audit WHERE " OF_PHONES
                                               " AND subject = :who "
                                               "ORDER BY number DESC LIMIT :limit",
                                               {{":who", who}, {":limit", limit}}, read_public_record);
}

}  // namespace tegata::store
