// Tickets that were begun by registration number and wait for a phone that is bound already: its owner signs in on the
// page of phones, sees which phone asks, and types the number that the new phone shows.
#pragma once

#include "enroll/ticket.h"

namespace tegata::enroll {

// What such a ticket carries from its issue; empty for every other.
Json approval_mark(const Settings&, const store::Session&);

// The phone cannot register before somebody has said yes.
bool waits_for_approval(const store::Handoff&);

// Nothing but two numbers off a card stands behind it: no bound phone has agreed, or none is asked.
bool is_by_numbers_alone(const store::Handoff&);

// The ticket that waits for this person, if one does: a phone has claimed it, and the PC has its number.
Result<std::optional<store::Handoff>> find_waiting(store::Reader&, const std::string& practitioner_id, Instant now);

// By a session that a bound phone began by an assertion within step_up_life. Errors: ticket_approval_unknown (nothing
// waits), devices_phone_needed, devices_step_up_needed, devices_card_revoked, sign_in_session_missing;
// ticket_number_malformed, ticket_wrong_number (the ticket has ended).
Status approve_ticket(const Services&, const http::Request&, const store::Session&, const std::string& number);
// Ends it. Errors: ticket_approval_unknown, sign_in_session_missing.
Status decline_waiting_ticket(const Services&, const http::Request&, const store::Session&);

}  // namespace tegata::enroll
