#include "rp/store/audit/accepted.h"

#include <algorithm>

namespace tegata::store::audit {
namespace {

std::string text_member(const Json& details, const char* member) {
  const auto text = json_string(details, member);
  return text ? std::string(*text) : std::string();
}

std::optional<AcceptedStretch> stretch_of(const AuditRecord& record) {
  const auto& details = record.event.details;
  const auto first = json_integer(details, "first"), last = json_integer(details, "last");
  const auto digest = read_hash(details, "digest"), hash = read_hash(details, "hash");
  if (!first || !last || !digest || !hash || *first > *last || *last >= record.number) return std::nullopt;
  return AcceptedStretch{record.number,
                         *first,
                         *last,
                         *digest,
                         *hash,
                         record.at,
                         record.event.actor,
                         text_member(details, "reason"),
                         text_member(details, "what")};
}

bool covers(const AcceptedStretch& later, const AcceptedStretch& earlier) {
  if (later.is_empty()) return false;
  const bool record = later.first <= earlier.record && earlier.record <= later.last;
  return record || (!earlier.is_empty() && later.first <= earlier.last && earlier.first <= later.last);
}

}  // namespace

Json details_of(const AcceptedStretch& accepted) {
  return {{"first", accepted.first},    {"last", accepted.last},     {"digest", hex(accepted.digest)},
          {"hash", hex(accepted.hash)}, {"reason", accepted.reason}, {"what", accepted.what}};
}

Result<std::vector<AcceptedStretch>> list_accepted(engine::Connection& connection, const AuditKey& key) {
  std::vector<AcceptedStretch> found;
  TEGATA_TRY(connection.each("SELECT " AUDIT_COLUMNS " FROM audit WHERE kind = 'audit_accepted' ORDER BY number", {},
                             [&](engine::Row& row) {
                               const auto stored = read_stored_record(row);
                               if (!fault_of(stored, key, true).empty()) return;
                               if (auto stretch = stretch_of(stored.record)) found.push_back(std::move(*stretch));
                             }));
  std::vector<AcceptedStretch> out;
  for (auto each = found.rbegin(); each != found.rend(); ++each) {
    const bool covered = std::any_of(out.begin(), out.end(), [&](const auto& later) { return covers(later, *each); });
    if (!covered) out.push_back(std::move(*each));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

void AcceptedContent::add(const std::string& raw) { digest_ = chained_hash(digest_, raw); }

}  // namespace tegata::store::audit
