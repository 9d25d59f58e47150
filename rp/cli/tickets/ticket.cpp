#include "rp/cli/tickets/ticket.h"

#include "enroll/ticket_issue.h"
#include "rp/cli/command/dry_run.h"
#include "rp/server/compose.h"
#include "rp/server/tickets.h"
#include "rp/store/registration_numbers.h"

namespace tegata::cli::tickets {
namespace {

constexpr std::int64_t most_rows = 1'000'000;

std::string state_of(const store::TicketRow& row, Instant now) {
  if (row.state == "fulfilled" || row.state == "closed") return "bound";
  if (row.state == "denied" || row.state == "cancelled") return "ended";
  if (row.state == "expired" || row.expires_at <= now) return "expired";
  return row.locked ? "locked" : "live";
}

Json json_of(const store::TicketRow& row, Instant now) {
  Json out{{"ticket", row.id},
           {"practitioner_id", row.practitioner_id},
           {"origin", row.origin},
           {"state", state_of(row, now)},
           {"reason", row.reason},
           {"batch", row.batch},
           {"line", row.line},
           {"created_at", format_rfc3339(row.created_at)},
           {"expires_at", format_rfc3339(row.expires_at)}};
  if (row.password) out.update({{"tries_left", row.tries_left}, {"locked", row.locked}});
  return out;
}

}  // namespace

Result<Json> list_tickets(const server::config::Config& config, const store::TicketFilter& filter, const Clock& clock) {
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  return store->read<Json>([&](store::Reader& reader) -> Result<Json> {
    TEGATA_ASSIGN(const auto now, store::moment(reader, clock));
    TEGATA_ASSIGN(const auto rows, store::list_tickets(reader, filter, now, most_rows));
    Json out = Json::array();
    for (const auto& row : rows) out.push_back(json_of(row, now));
    return out;
  });
}

Result<Json> act_on_ticket(const server::config::Config& config, const TicketAction& action, const Clock& clock) {
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  const auto rules = server::ticket_origins(config);
  const bool revoke = action.act == TicketAct::revoke;
  return command::write_or_try<Json>(
      *store, action.dry_run,
      [&](store::Transaction& transaction) -> Result<Json> {
        TEGATA_TRY(revoke ? enroll::revoke_ticket(transaction, action.id, action.actor)
                          : enroll::unlock_ticket(transaction, rules, action.id, action.actor));
        return Json{{"ok", true},
                    {"ticket", action.id},
                    {"done", revoke ? "revoked" : "unlocked"},
                    {"dry_run", action.dry_run}};
      },
      revoke ? store::Purpose::take_away : store::Purpose::give);
}

Result<Json> list_letter_orders(const server::config::Config& config, const Clock& clock) {
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  TEGATA_ASSIGN(const auto orders, store->read<std::vector<store::LetterOrder>>(
                                       [](store::Reader& reader) { return store::list_letter_orders(reader); }));
  Json out = Json::array();
  for (const auto& order : orders) {
    out.push_back({{"practitioner_id", order.practitioner_id},
                   {"name", order.name},
                   {"ordered_at", format_rfc3339(order.ordered_at)}});
  }
  return out;
}

}  // namespace tegata::cli::tickets
