#include "rp/store/audit/verify.h"

#include "rp/store/audit/head.h"
#include "rp/store/engine/errors.h"
#include "rp/store/engine/integrity.h"

namespace tegata::store::audit {
namespace {

Result<AuditVerdict> verify_with(engine::Connection& connection, const AuditHead& head,
                                 const std::optional<VouchedTail>& vouched) {
  TEGATA_ASSIGN(const auto start, head.start_of(connection));
  TEGATA_ASSIGN(auto log, view_log(connection, head.key(), start));
  log.with_macs = !vouched || vouched->has_macs;
  // From the first row on: a record that stands before the beginning is none of this chain.
  const auto told = vouched ? vouched->tail : ChainTail{};
  TEGATA_ASSIGN(const auto tail, check_against_head(log, any_first, told));
  if (!vouched && tail.count > 0) return Error(errors::store_audit_broken, "the signed head is missing");
  TEGATA_TRY(check_lag(connection, told));
  TEGATA_ASSIGN(auto accepted, list_accepted(connection, head.key()));
  return AuditVerdict{tail.count, told.count, start.count, std::move(accepted)};
}

}  // namespace

Result<AuditVerdict> verify_audit(const engine::Options& options, const std::string& named) {
  // The head first: a server that writes meanwhile only makes the chain longer than it.
  TEGATA_ASSIGN(const auto head, AuditHead::open_existing(options));
  TEGATA_ASSIGN(const auto vouched, head->read());
  TEGATA_ASSIGN(const auto connection, open_log_to_read(options));
  TEGATA_TRY(verify_integrity(*connection, named.empty() ? options.database : named));
  TEGATA_ASSIGN(auto verdict, verify_with(*connection, *head, vouched));
  TEGATA_TRY(connection->verify_still());
  return verdict;
}

}  // namespace tegata::store::audit
