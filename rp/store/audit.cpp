#include "rp/store/audit.h"

#include "rp/store/audit_chain.h"
#include "rp/store/audit_head.h"
#include "rp/store/errors.h"

namespace tegata::store {
namespace {

Result<AuditVerdict> verify_with(Connection& connection, const AuditHead& head,
                                 const std::optional<ChainTail>& vouched) {
  TEGATA_ASSIGN(const auto start, head.start_of(connection));
  // From record 1 on: a record that stands before the checkpoint is none of this chain.
  TEGATA_ASSIGN(const auto tail, check_against_head(connection, 1, start, vouched.value_or(ChainTail{})));
  if (!vouched && tail.count > 0) return Error(errors::store_audit_broken, "the signed head is missing");
  return AuditVerdict{tail.count, vouched ? vouched->count : 0};
}

}  // namespace

Result<AuditVerdict> verify_audit(const Options& options) {
  // The head first: a server that writes meanwhile only makes the chain longer than it.
  TEGATA_ASSIGN(const auto head, AuditHead::open_existing(options));
  TEGATA_ASSIGN(const auto vouched, head->read());
  TEGATA_ASSIGN(const auto connection,
                Connection::open(options.database, Connection::Mode::read, {options.vfs, true, options.patience}));
  TEGATA_TRY(connection->script("BEGIN"));  // one view: a purge beside it moves the beginning
  return verify_with(*connection, *head, vouched);
}

}  // namespace tegata::store
