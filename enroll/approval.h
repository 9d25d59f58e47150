// Tickets that were begun by registration number and wait for a phone that is bound already: its owner signs in on the
// page of phones, sees which phones ask, and types the number that the new phone shows into the entry of that one.
//
// Somebody who knows the numbers may begin at the same time as their owner. So each ticket is shown apart, an approval
// names the ticket that it means, and what was typed is judged against that one alone.
#pragma once

#include "enroll/ticket.h"

namespace tegata::enroll {

// So many of one person may wait at a time. A further one does not begin to wait until one of them is answered or its
// time is over: neither does it push out one that is there, nor is there a long list to choose from.
inline constexpr std::int64_t most_waiting = 3;

// What such a ticket carries from its issue, also what the PC's browser says of itself; empty for every other.
Json approval_mark(const Settings&, const http::Request&, const store::Session&);

// The phone cannot register before somebody has said yes.
bool waits_for_approval(const store::Handoff&);

// Nothing but two numbers off a card stands behind it: no bound phone has agreed, or none is asked.
bool is_by_numbers_alone(const store::Handoff&);

// Three letters by which a person knows a ticket again on PC, new phone and bound phone. They are made of its public
// id, which nobody chooses, so that no device can take those of another's on; they open nothing.
std::string mark_of(const store::Handoff&);

// The tickets that wait for this person, the oldest first: a phone has claimed each, and its PC has the number.
Result<std::vector<store::Handoff>> find_waiting(store::Reader&, const std::string& practitioner_id, Instant now);

// A person's answer to one of them.
struct ApprovalAnswer {
  std::string ticket_id, number;
};
// By a session that a bound phone began by an assertion within step_up_life. Errors: ticket_approval_unknown (no such
// ticket waits for this person), devices_phone_needed, devices_step_up_needed, devices_card_revoked,
// sign_in_session_missing; ticket_number_malformed, ticket_wrong_number (that ticket has ended, and no other).
Status approve_ticket(const Services&, const http::Request&, const store::Session&, const ApprovalAnswer&);
// Ends that one. Errors: ticket_approval_unknown, sign_in_session_missing.
Status decline_waiting_ticket(const Services&, const http::Request&, const store::Session&,
                              const std::string& ticket_id);

}  // namespace tegata::enroll
