// My Number cards: linked by the person after an HPKI log-in, and then good for logging in. Only fingerprint and
// validity of the user-authentication certificate are kept; a renewed card has another certificate and is linked again.
// Linking, replacing and unlinking ask for a log-in of the last minutes (verify_step_up), and the person is told.
#pragma once

#include "enroll/mynumber_link.h"
#include "enroll/sign_in_origin.h"

namespace tegata::enroll {

// GET {mynumber}/login?s=<start>
http::Response mynumber_login(const Services&, const http::Request&);
// GET {public}/api/mynumber: whose link it is, for the page of the session that may make one, or take it away.
http::Response mynumber_state(const Services&, const http::Request&);
// POST {public}/api/mynumber/unlink, by a session of purpose "link" or "devices": whoever has no card left may do it
// with a bound phone. Errors: sign_in_session_missing, devices_step_up_needed, mynumber_no_link.
http::Response mynumber_unlink(const Services&, const http::Request&);

// The hand-over of a card that is to be linked: needs the HPKI session of that person in the same browser, and ends it.
// Errors: sign_in_session_missing, devices_step_up_needed, mynumber_linked_elsewhere, card_person_suspended.
Status link_mynumber(const Services&, const http::Request&, store::Transaction&, const store::Redeemed&);

// What pages show: {"state": "none" | "linked" | "ending" | "ended", "not_after"}; null where My Number cards are not
// offered. "ending" begins Settings::mynumber_reminder before the end.
Result<Json> describe_mynumber(const Services&, store::Reader&, const std::string& practitioner_id, Instant now);

}  // namespace tegata::enroll
