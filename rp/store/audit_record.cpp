#include "rp/store/audit_record.h"

namespace tegata::store {
namespace {

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

// A value of another type may read like ours, and octets that are no UTF-8 like the sign that stands for them.
class StrictRow {
 public:
  explicit StrictRow(Row& row) : row_(row) {}
  std::int64_t integer() { return expect(Row::Type::integer), row_.integer(); }
  std::string text() {
    expect(Row::Type::text);
    auto out = row_.text();
    typed_ = typed_ && is_utf8(out);
    return out;
  }
  Digest digest() {
    expect(Row::Type::blob);
    const auto octets = row_.bytes();
    Digest out{};
    typed_ = typed_ && octets.size() == out.size();
    if (octets.size() == out.size()) std::copy(octets.begin(), octets.end(), out.begin());
    return out;
  }
  bool typed() const { return typed_; }

 private:
  void expect(Row::Type type) { typed_ = typed_ && row_.type() == type; }
  Row& row_;
  bool typed_ = true;
};

AuditRecord read_public_record(Row& row) {
  auto stored = read_stored_record(row);
  if (stored.record.event.details.is_discarded()) row.damage();
  return std::move(stored.record);
}

}  // namespace

StoredRecord read_stored_record(Row& row) {
  StoredRecord out;
  out.raw = Row(row).rest();
  StrictRow strict(row);
  out.record.number = strict.integer();
  out.record.at = from_unix_milliseconds(strict.integer());
  out.record.event.kind = strict.text();
  out.record.event.actor = strict.text();
  out.record.event.subject = strict.text();
  out.record.event.code = strict.text();
  out.details = strict.text();
  out.record.event.request_id = strict.text();
  out.record.previous = strict.digest();
  out.record.hash = strict.digest();
  out.typed = strict.typed();
  StrictRow last(row);
  const auto mac = last.digest();
  if (last.typed()) out.mac = mac;
  out.record.event.details = Json::parse(out.details, nullptr, false);
  return out;
}

Digest hash_of(const AuditRecord& record) {
  Bytes chained(record.previous.begin(), record.previous.end());
  const auto text = canonical(record);
  chained.insert(chained.end(), text.begin(), text.end());
  return sha256(chained);
}

std::string fault_of(const StoredRecord& stored, const AuditKey& key, bool with_mac) {
  const auto& record = stored.record;
  if (!stored.typed) return "holds a value that is none of ours";
  const auto& details = record.event.details;
  if (details.is_discarded() || dump_json(details) != stored.details || record.hash != hash_of(record)) {
    return "is not as it was written";
  }
  const bool proven = !with_mac || (stored.mac && equal_constant_time(*stored.mac, key.mac(record.hash)));
  return proven ? "" : "has no right MAC";
}

Result<std::vector<AuditRecord>> list_audit(Reader& reader, std::int64_t first_number, std::int64_t limit) {
  return reader.connection().list<AuditRecord>("SELECT " AUDIT_COLUMNS
                                               " FROM audit WHERE number >= :first ORDER BY number LIMIT :limit",
                                               {{":first", first_number}, {":limit", limit}}, read_public_record);
}

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
