// What the card origin and the My Number origin have in common: one log-in on a live start record, and the way back to
// the page that began it.
#pragma once

#include "enroll/services.h"

namespace tegata::enroll {

inline constexpr const char* method_card = "card";
inline constexpr const char* method_mynumber = "mynumber";
// A session that a bound phone began by itself, and the origin of the tickets that it issues.
inline constexpr const char* method_bound_phone = "bound-phone";
inline constexpr const char* purpose_enrol = "enrol";
inline constexpr const char* purpose_devices = "devices";
inline constexpr const char* purpose_link = "link";
// With the id of the EHR's request behind it: a log-in that answers this request and is good for nothing else.
inline constexpr const char* purpose_authorize = "authorize:";

// The page that goes on after a log-in for that purpose, with its fragment so far; empty for an unknown purpose.
std::string page_of(const std::string& purpose);

bool is_offered(const Settings&, const std::string& method);
// The first label of a host name that no browser has met before; empty where the host is fixed.
std::string make_nonce(const Services&, const std::string& method);
// Where the browser is sent to show its card.
std::string login_url(const Settings&, const std::string& method, const std::string& nonce, const std::string& start);

// Whom a card stands for.
struct Found {
  std::string practitioner_id;
  Json card;             // what may be kept of its certificate
  std::optional<store::BasisId> basis;  // what the log-in rests on; absent for a card that is yet to be linked
  std::string audit_as;  // kind of the record
};
// Called within the transaction that uses up the start record; an error of a card travels to the page by name.
using Find = std::function<Result<Found>(store::Transaction&, const store::StartRecord&)>;
http::Response log_in(const Services&, const http::Request&, const std::string& method, const Find&);

// The refusals that travel to the page; errors::internal for everything else.
ErrorCode refusal_named(const std::string& name);

// Whoever may do something here: active, with a second certificate that has not ended.
// Errors: card_person_suspended, card_no_second_certificate, card_second_certificate_ended; `unknown` for nobody.
Result<store::Practitioner> require_good_standing(const std::optional<store::Practitioner>&, Instant now,
                                                  Error unknown);

}  // namespace tegata::enroll
