// `tegata ticket list|revoke|unlock`: what operators see and end.
#pragma once

#include "rp/base/world.h"
#include "rp/server/config/config.h"
#include "rp/store/tickets.h"

namespace CLI {
class App;
}

namespace tegata::cli::tickets {

// An array of {"ticket","practitioner_id","origin","state","batch","line","tries_left","locked","created_at",
// "expires_at"}. `state`: "live", "locked", "bound", "ended" or "expired".
Result<Json> list_tickets(const server::config::Config&, const store::TicketFilter&, const Clock&);

enum class TicketAct { revoke, unlock };
struct TicketAction {
  TicketAct act = TicketAct::revoke;
  std::string id;
  std::string actor;  // "operator:uid-1000"
  bool dry_run = false;
};
// Errors: those of enroll::revoke_ticket and enroll::unlock_ticket.
Result<Json> act_on_ticket(const server::config::Config&, const TicketAction&, const Clock&);

// Letters that people asked for by registration number: an array of {"practitioner_id","name","ordered_at"}. One is
// done when a mailed ticket of that person is issued.
Result<Json> list_letter_orders(const server::config::Config&, const Clock&);

// Adds ticket issue, list, revoke, unlock and letter.
void add_ticket_commands(CLI::App& app, int& exit_code);

}  // namespace tegata::cli::tickets
