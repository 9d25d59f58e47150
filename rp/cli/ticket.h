// `tegata ticket list|revoke|unlock`: what operators see and end.
#pragma once

#include "rp/base/world.h"
#include "rp/server/config.h"
#include "rp/store/tickets.h"

namespace CLI {
class App;
}

namespace tegata::cli {

// An array of {"ticket","practitioner_id","origin","state","batch","line","tries_left","locked","created_at",
// "expires_at"}. `state`: "live", "locked", "bound", "ended" or "expired".
Result<Json> list_tickets(const server::Config&, const store::TicketFilter&, const Clock&, Random&);

enum class TicketAct { revoke, unlock };
// Errors: those of enroll::revoke_ticket and enroll::unlock_ticket.
Result<Json> act_on_ticket(const server::Config&, TicketAct, const std::string& id, const std::string& actor,
                           const Clock&, Random&);

// Adds ticket issue, list, revoke, unlock and letter.
void add_ticket_commands(CLI::App& app, int& exit_code);

}  // namespace tegata::cli
