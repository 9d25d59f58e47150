// What operators do with tickets: issue those of a letter or of the portal, unlock, revoke. Each of these is a part of
// one transaction; the caller brings it and the name of who acts ("operator:uid-1000").
#pragma once

#include "enroll/services.h"
#include "rp/store/tickets.h"

namespace tegata::enroll {

struct TicketOrder {
  std::string practitioner_id;
  std::string origin;  // "mailed", "portal"
  std::string batch;   // empty for a single one
  std::int64_t line = 0;
};

// A ticket with what the database never learns: only the letter has these two.
struct PreparedTicket {
  TicketOrder order;
  std::string id;
  std::string secret;
  std::string password;
  Instant expires_at{};
  int tries = 5;  // as the letter says
};

// Error: ticket_origin_unknown (none, or one without a password).
Result<PreparedTicket> prepare_ticket(const OriginRules&, const TicketOrder&, Random&, Instant now);

// The link in the QR.
std::string ticket_url(const std::string& public_origin, const std::string& secret);

// False where just this ticket stands already. `hash` is of hash_password(plain_password(ticket.password)).
// Errors: ticket_person_not_in_good_standing, ticket_batch_line_taken (by another ticket), ticket_origin_unknown.
Result<bool> put_ticket(store::Transaction&, const OriginRules&, const PreparedTicket&, const std::string& hash,
                        const std::string& actor);

// Whether put_ticket would take it as far as the person goes. Error: ticket_person_not_in_good_standing.
Status check_order(store::Reader&, const TicketOrder&, Instant now);

// Errors: ticket_unknown, ticket_not_live (ended, bound, or over its time).
Status revoke_ticket(store::Transaction&, const std::string& id, const std::string& actor);
// Gives as many new tries as the origin has. Errors: as revoke, ticket_without_password.
Status unlock_ticket(store::Transaction&, const OriginRules&, const std::string& id, const std::string& actor);

}  // namespace tegata::enroll
