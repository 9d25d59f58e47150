// By which card's certificate a log-in was made, on its way from the session over the ticket to the bound phone.
#pragma once

#include <optional>

#include "enroll/card_certificate.h"
#include "rp/base/json.h"
#include "rp/store/card_certificates.h"

namespace tegata::enroll {

// {"issuer","serial"} in hex, members of a session's `card`.
Json certificate_members(const card::CardHolder& holder);

// What a ticket keeps of its session's card: {"card": {"issuer","serial"}}; empty for other ways in.
Json ticket_request(const Json& card_of_session);

// The same members for a card that is known already: a phone stands for the card by which it was bound.
Json certificate_members(const store::CardCertificate& card);

// Nothing where the ticket was not given for a card.
std::optional<store::CardCertificate> card_behind(const Json& request_of_ticket);

}  // namespace tegata::enroll
