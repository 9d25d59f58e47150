#include "rp/store/audit/macs.h"

#include "rp/store/engine/errors.h"

namespace tegata::store::audit {
namespace {

constexpr std::int64_t macs_at_once = 5000;

struct MadeMac {
  std::int64_t number;
  Digest mac;
};

// One piece; gives where it ends.
Result<ChainTail> make_piece(const LogView& log, const ChainTail& before, std::int64_t last) {
  std::vector<MadeMac> made;
  const auto take = [&](const StoredRecord& stored) {
    made.push_back({stored.record.number, log.key.mac(stored.record.hash)});
  };
  TEGATA_ASSIGN(const auto walked, walk(log, {before.count + 1, before, last}, 0, take));
  if (!walked.what.empty()) return Error(errors::store_audit_broken, walked.what);
  if (walked.tail.count < last) {
    return Error(errors::store_audit_broken, "record " + std::to_string(walked.tail.count + 1) + " is missing");
  }
  for (const auto& each : made) {
    TEGATA_TRY(log.connection.run("UPDATE audit SET mac = :mac WHERE number = :number",
                                  {{":mac", each.mac}, {":number", each.number}}));
  }
  return walked.tail;
}

}  // namespace

Status make_macs_in_transaction(engine::Connection& connection, const AuditHead& head, const ChainTail& vouched) {
  TEGATA_ASSIGN(auto tail, head.start_of(connection));
  TEGATA_ASSIGN(auto log, view_log(connection, head.key(), tail));
  log.with_macs = false;
  while (tail.count < vouched.count) {
    TEGATA_ASSIGN(tail, make_piece(log, tail, std::min(vouched.count, tail.count + macs_at_once)));
  }
  if (tail.count == vouched.count && tail.hash != vouched.hash) {
    return Error(errors::store_audit_broken,
                 "the head is not that of this chain at record " + std::to_string(vouched.count));
  }
  return {};
}

Status make_macs(engine::Connection& connection, const AuditHead& head, const ChainTail& vouched) {
  TEGATA_TRY(connection.run("BEGIN IMMEDIATE"));
  if (auto made = make_macs_in_transaction(connection, head, vouched); !made) {
    if (connection.in_transaction()) TEGATA_TRY(connection.run("ROLLBACK"));
    return made;
  }
  TEGATA_TRY(connection.run("COMMIT"));
  return {};
}

}  // namespace tegata::store::audit
