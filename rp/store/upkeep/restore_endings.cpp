#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"
#include "rp/store/handoffs.h"
#include "rp/store/upkeep/restore_parts.h"

namespace tegata::store::upkeep {
namespace {

struct EndedRows {
  const char* sql;
  std::int64_t RestoredEnds::*count;
};
// A hand-over code names its start record, so it goes first.
constexpr EndedRows rows_that_end[] = {
    {"DELETE FROM session", &RestoredEnds::sessions},
    {"DELETE FROM card_login", &RestoredEnds::codes},
    {"DELETE FROM start_record", &RestoredEnds::sign_ins},
    {"DELETE FROM ceremony", &RestoredEnds::sign_ins},
    {"DELETE FROM pushed_request", &RestoredEnds::activations},
    {"UPDATE certificate_download SET expires_at = :now, file = x'' WHERE expires_at > :now", &RestoredEnds::downloads},
};

}  // namespace

Result<RestoredEnds> end_all_holdings(Transaction& transaction) {
  RestoredEnds out;
  const std::string why(errors::store_restored.name());
  for (const auto& rows : rows_that_end) {
    const bool timed = std::string_view(rows.sql).find(":now") != std::string_view::npos;
    TEGATA_ASSIGN(const auto ended,
                  transaction.connection().run(
                      rows.sql, timed ? engine::Binding{{":now", transaction.now()}} : engine::Binding{}));
    out.*rows.count += ended;
  }
  TEGATA_ASSIGN(out.tickets, cancel_all_handoffs(transaction, handoff::Kind::enrollment, why));
  TEGATA_ASSIGN(const auto requests, cancel_all_handoffs(transaction, handoff::Kind::activation, why));
  out.activations += requests;
  TEGATA_ASSIGN(out.passes, transaction.connection().run("UPDATE pass SET revoked_at = :now, revoked_why = :why "
                                                         "WHERE revoked_at IS NULL AND expires_at > :now",
                                                         {{":now", transaction.now()}, {":why", why}}));
  return out;
}

}  // namespace tegata::store::upkeep
