#include "rp/store/audit/record.h"

namespace tegata::store::audit {
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
  explicit StrictRow(engine::Row& row) : row_(row) {}
  std::int64_t integer() { return expect(engine::Row::Type::integer), row_.integer(); }
  std::string text() {
    expect(engine::Row::Type::text);
    auto out = row_.text();
    typed_ = typed_ && is_utf8(out);
    return out;
  }
  Digest digest() {
    expect(engine::Row::Type::blob);
    const auto found = to_digest(row_.bytes());
    typed_ = typed_ && found;
    return found.value_or(Digest{});
  }
  bool typed() const { return typed_; }

 private:
  void expect(engine::Row::Type type) { typed_ = typed_ && row_.type() == type; }
  engine::Row& row_;
  bool typed_ = true;
};

// Discarded where it is none, or nested deeper than anything of ours: writing such a value out again would end the
// program.
Json parse_details(const std::string& text) {
  constexpr int most_depth = 64;
  bool too_deep = false;
  const auto look = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > most_depth;
    return !too_deep;
  };
  auto parsed = Json::parse(text, look, false);
  return too_deep ? Json(Json::value_t::discarded) : parsed;
}

// What was accepted as it stood may hold anything, and is read all the same.
AuditRecord read_public_record(engine::Row& row) {
  auto stored = read_stored_record(row);
  auto& details = stored.record.event.details;
  if (details.is_discarded()) details = Json{{"unreadable", stored.details}};
  stored.record.mac = stored.mac;
  return std::move(stored.record);
}

}  // namespace

StoredRecord read_stored_record(engine::Row& row) {
  StoredRecord out;
  out.raw = engine::Row(row).rest();
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
  out.record.event.details = parse_details(out.details);
  return out;
}

Digest chained_hash(const Digest& before, std::string_view text) {
  Bytes chained(before.begin(), before.end());
  chained.insert(chained.end(), text.begin(), text.end());
  return sha256(chained);
}

Digest hash_of(const AuditRecord& record) { return chained_hash(record.previous, canonical(record)); }

std::optional<Digest> read_hash(const Json& object, const char* member) {
  const auto text = json_string(object, member);
  const auto octets = text ? parse_hex(*text) : Result<Bytes>(text.error());
  return octets ? to_digest(*octets) : std::nullopt;
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

Result<std::vector<AuditRecord>> list_audit(engine::Reader& reader, std::int64_t first_number, std::int64_t limit) {
  return reader.connection().list<AuditRecord>("SELECT " AUDIT_COLUMNS
                                               " FROM audit WHERE number >= :first ORDER BY number LIMIT :limit",
                                               {{":first", first_number}, {":limit", limit}}, read_public_record);
}

// As the partial indexes of the schema have it.
#define OF_PHONES                                                                  \
  "kind IN ('credential_registered', 'credential_renamed', 'credential_removed', " \
  "'credential_revoked', 'credential_proven', 'phone_login', 'card_login', "       \
  "'mynumber_login', 'mynumber_linked', 'mynumber_unlinked')"

Result<std::vector<AuditRecord>> list_phone_events(engine::Reader& reader, const std::string& practitioner_id,
                                                   std::int64_t limit) {
  const std::string who = "practitioner:" + practitioner_id;
  return reader.connection().list<AuditRecord>("SELECT " AUDIT_COLUMNS " FROM audit WHERE " OF_PHONES
                                               " AND actor = :who "
                                               "UNION SELECT " AUDIT_COLUMNS " FROM audit WHERE " OF_PHONES
                                               " AND subject = :who "
                                               "ORDER BY number DESC LIMIT :limit",
                                               {{":who", who}, {":limit", limit}}, read_public_record);
}

}  // namespace tegata::store::audit
