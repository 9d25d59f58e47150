// From card to page (the card's TLS session is on another origin than the page).
//
// start (public origin, cookie) -> card log-in (card or My Number origin, reads no cookie) -> one-time code ->
// hand-over (public origin, the same cookie) -> session, or the link of a My Number card to the person of the session.
// A refused card travels the same way, so that the page can say what to do.
#pragma once

#include "enroll/sign_in_origin.h"

namespace tegata::enroll {

inline constexpr const char* start_cookie = "__Host-tegata-start";
inline constexpr const char* session_cookie = "__Host-tegata-session";

// Counts the beginning of a log-in. 429 for whoever begins too often: for a known person first by his own bucket, else
// by the address.
std::optional<http::Response> too_many_starts(const Services&, const http::Request&);

// POST {public}/api/start {"purpose": "enrol" | "devices" | "link" | "authorize:ID", "method": "card" (default) |
// "mynumber"} A My Number card logs in only where it is linked; to link one takes an HPKI session of purpose "link".
http::Response start(const Services&, const http::Request&);
// GET {card}/login?s=<start>
http::Response card_login(const Services&, const http::Request&);
// POST {public}/api/handover
http::Response handover(const Services&, const http::Request&);
// GET {public}/api/offers: {"mynumber": bool, "registration_number": bool}, what this server has beside the HPKI card.
http::Response offers(const Services&, const http::Request&);
// POST {public}/api/session/end. Every answer expires the session's cookie, whatever became of the session itself; but
// a screen that names a ticket which is not the newest of the session leaves both alone: another tab goes on with them.
http::Response end_session(const Services&, const http::Request&);

// The page session of this browser, if it was begun for that purpose. Who manages phones may enrol them too, and see
// and take away the link of a My Number card (not make one), not the other way round. Error: sign_in_session_missing.
Result<store::Session> session_of(const Services&, const http::Request&, std::string_view purpose = purpose_enrol);
// `session_ends_in` of the pages' answers: a page must not need the browser's clock to know when its session ends.
std::int64_t seconds_left(const store::Session&, Instant now);

}  // namespace tegata::enroll
