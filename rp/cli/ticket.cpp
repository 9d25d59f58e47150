#include "rp/cli/ticket.h"

#include "enroll/ticket_issue.h"
#include "rp/server/compose.h"
#include "rp/server/tickets.h"

namespace tegata::cli {
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

Result<Json> list_tickets(const server::Config& config, const store::TicketFilter& filter, const Clock& clock,
                          Random& random) {
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock, random));
  return store->read<Json>([&](store::Reader& reader) -> Result<Json> {
    TEGATA_ASSIGN(const auto now, store::moment(reader, clock.now()));
    TEGATA_ASSIGN(const auto rows, store::list_tickets(reader, filter, now, most_rows));
    Json out = Json::array();
    for (const auto& row : rows) out.push_back(json_of(row, now));
    return out;
  });
}

Result<Json> act_on_ticket(const server::Config& config, TicketAct act, const std::string& id, const std::string& actor,
                           const Clock& clock, Random& random) {
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock, random));
  const auto rules = server::ticket_origins(config);
  TEGATA_TRY(store->write<void>([&](store::Transaction& transaction) {
    if (act == TicketAct::revoke) return enroll::revoke_ticket(transaction, id, actor);
    return enroll::unlock_ticket(transaction, rules, id, actor);
  }));
  return Json{{"ok", true}, {"ticket", id}, {"done", act == TicketAct::revoke ? "revoked" : "unlocked"}};
}

}  // namespace tegata::cli
