// The fifth way in: a session by registration number and card ID, where the settings have it.
//
// Both numbers stand on the card, and the first is no secret at all. So every try is counted (for the number, the
// address, and all together) before anything is looked up, everybody who is refused gets one answer after the same
// statements, and the session is good for nothing but a ticket whose registration is confirmed elsewhere.
#pragma once

#include "enroll/services.h"

namespace tegata::enroll {

// Of the session; and the origin of its tickets.
inline constexpr const char* method_registration_number = origin_registration_number;

// POST {public}/api/registration-number {"registration_number","card_id"}: {"next": "qr" | "letter"}.
// Errors: registration_number_off, registration_number_malformed; with one answer for all of these:
// registration_number_unknown, registration_card_id_wrong, registration_person_not_in_good_standing,
// registration_number_limited, registration_address_limited, registration_all_limited.
http::Response sign_in_by_number(const Services&, const http::Request&);

}  // namespace tegata::enroll
