// What every step of a ticket asks: whose it is, how it stands, and why it does not move.
#pragma once

#include "enroll/ticket.h"

namespace tegata::enroll {

std::string subject_of(const store::Handoff&);
std::string actor_of(const store::Handoff&);

// Its time has run out and nothing else has ended it.
bool over_time(const store::Handoff&, Instant now);

Result<TicketView> view(store::Reader&, const Settings&, const store::Handoff&, Instant now);

// Nothing more can be done with it by whoever does not own it: bound, ended, or over its time.
bool is_over(const store::Handoff&, Instant now);

// This browser's, and its time as owner has not run out.
bool owns(const store::Handoff&, const std::optional<Digest>& owner, Instant now);

// Active, with a second certificate that has not ended.
bool in_good_standing(const store::Practitioner&, Instant now);

// No rule for its origin: no password, and no life.
OriginRule rule_of(const Settings&, const std::string& origin);

bool is_two_digits(const std::string& number);

// Ends a ticket for a reason. The effects stand, and the error tells the caller: ticket_expired, ticket_over.
Status end_ticket(store::Transaction&, const http::Request&, const store::Handoff&, handoff::Event, ErrorCode reason,
                  const store::Condition& = {});

// Error: ticket_unknown.
Result<store::Handoff> find_ticket(store::Reader&, const std::string& secret);
// How long a prompt of the phone may wait: while the phone owns the ticket, and ten minutes at most. A browser counts
// these milliseconds in 32 bits.
std::chrono::milliseconds prompt_time(const store::Handoff&, Instant now);

// Errors: ticket_unknown, ticket_not_owner, ticket_ownership_lapsed.
Result<store::Handoff> find_owned(store::Reader&, const std::string& secret, const Digest& owner, Instant now);

// Why a conditional change did not take place, for the log and for whoever owns the ticket: ticket_expired,
// ticket_over, or `too_early`.
Error standstill(const store::Handoff&, Instant now, ErrorCode too_early);

}  // namespace tegata::enroll
