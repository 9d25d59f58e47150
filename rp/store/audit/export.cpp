#include "rp/store/audit/export.h"

#include "rp/store/audit/record.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::audit {
namespace {

// As much as a record may hold, and a level around its details.
constexpr JsonLimits exported_json{16 * 1024 * 1024, 65};

Result<Digest> hash_member(const Json& object, const char* member) {
  const auto found = read_hash(object, member);
  if (found) return *found;
  return Error(errors::store_export_unknown, std::string(member) + ": must have 64 hexadecimal digits");
}

Result<AuditEvent> parse_event(const Json& object) {
  AuditEvent out;
  TEGATA_ASSIGN(out.kind, json_string(object, "kind"));
  TEGATA_ASSIGN(out.actor, json_string(object, "actor"));
  TEGATA_ASSIGN(out.subject, json_string(object, "subject"));
  TEGATA_ASSIGN(out.code, json_string(object, "code"));
  TEGATA_ASSIGN(out.request_id, json_string(object, "request_id"));
  if (object.contains("details")) out.details = object["details"];
  return out;
}

}  // namespace

std::string export_line(const AuditRecord& record) {
  Json out{{"number", record.number},          {"at", unix_milliseconds(record.at)},
           {"kind", record.event.kind},        {"actor", record.event.actor},
           {"subject", record.event.subject},  {"code", record.event.code},
           {"details", record.event.details},  {"request_id", record.event.request_id},
           {"previous", hex(record.previous)}, {"hash", hex(record.hash)}};
  if (record.mac) out["mac"] = hex(*record.mac);
  return dump_json(out);
}

Result<AuditRecord> parse_export_line(const std::string& line) {
  TEGATA_ASSIGN(const auto object, parse_json(line, exported_json));
  AuditRecord out;
  TEGATA_ASSIGN(out.number, json_integer(object, "number"));
  TEGATA_ASSIGN(const auto at, json_integer(object, "at"));
  out.at = from_unix_milliseconds(at);
  TEGATA_ASSIGN(out.event, parse_event(object));
  TEGATA_ASSIGN(out.previous, hash_member(object, "previous"));
  TEGATA_ASSIGN(out.hash, hash_member(object, "hash"));
  out.mac = read_hash(object, "mac");
  if (hash_of(out) == out.hash) return out;
  return Error(errors::store_export_unknown, "record " + std::to_string(out.number) + " is not as it was written");
}

}  // namespace tegata::store::audit
