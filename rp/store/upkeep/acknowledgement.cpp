#include "rp/store/upkeep/acknowledgement.h"

#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::upkeep {
namespace {

#define AS_IN_THE_LOG                                                         \
  "(EXISTS (SELECT 1 FROM audit WHERE number = :number AND hash = :hash) OR " \
  "EXISTS (SELECT 1 FROM audit_checkpoint WHERE number = :number AND hash = :hash))"

// What was cut off before there were acknowledgements is in no export that anybody could make now.
#define HELD_OR_GONE "MAX(value, COALESCE((SELECT number FROM audit_checkpoint), 0))"

Result<bool> is_in_the_log(Reader& reader, const AcknowledgedExport& wanted) {
  TEGATA_ASSIGN(const auto found, reader.connection().find<std::int64_t>(
                                      "SELECT " AS_IN_THE_LOG, {{":number", wanted.number}, {":hash", wanted.hash}},
                                      engine::read_integer));
  return found.value_or(0) != 0;
}

}  // namespace

Result<bool> acknowledge_export(Transaction& transaction, const AcknowledgedExport& wanted, const std::string& actor) {
  TEGATA_ASSIGN(const auto changed,
                transaction.connection().run(
                    "UPDATE meta SET value = :number WHERE name = 'audit_acknowledged' AND value < :number "
                    "AND (:first IS NULL OR :first <= " HELD_OR_GONE " + 1) AND " AS_IN_THE_LOG,
                    {{":number", wanted.number}, {":hash", wanted.hash}, {":first", wanted.first}}));
  if (changed == 1) {
    transaction.audit({"audit_export_acknowledged", actor, "audit", "",
                       Json{{"through", wanted.number}, {"hash", hex(wanted.hash)}}, "", ""});
    return true;
  }
  TEGATA_ASSIGN(const auto through, acknowledged_through(transaction));
  TEGATA_ASSIGN(const bool known, is_in_the_log(transaction, wanted));
  const auto record = "record " + std::to_string(wanted.number);
  if (!known) return Error(errors::store_export_unknown, "the log has no " + record + " with that hash");
  if (wanted.number <= through) return false;
  return Error(errors::store_export_unknown, "records " + std::to_string(through + 1) + " to " +
                                                 std::to_string(wanted.first.value_or(1) - 1) +
                                                 " are in no acknowledged export");
}

Result<std::int64_t> acknowledged_through(Reader& reader) {
  TEGATA_ASSIGN(const auto found,
                reader.connection().find<std::int64_t>("SELECT value FROM meta WHERE name = 'audit_acknowledged'", {},
                                                       engine::read_integer));
  return found.value_or(0);
}

}  // namespace tegata::store::upkeep
