// The start of an activation, the same for the three ways: standing, quota, room, the row, its record.
#pragma once

#include "rp/activation/client_authentication.h"

namespace tegata::activation {

// No vowels, so no words.
inline constexpr std::string_view user_code_letters = "BCDFGHJKLMNPQRSTVWXZ";
// Eight of them: with the limits by browser and by source, guessing finds nothing however many sources somebody has.
inline constexpr std::size_t user_code_length = 8;
// "BCDF-GHJK-47": the letters, and the number.
std::string make_user_code(Random&);
// The two digits.
std::string make_number(Random&);

// The record of what happens to a request before a person proves anything: of one that nobody proved to ask for, a
// sample is kept (docs/decisions/0001-store.md).
void audit_request(store::Transaction&, const store::Handoff&, store::AuditEvent);

// Gives the hand-off as it was inserted: a user code whose letters are taken gets others.
// Errors: those of lost_standing, activation_start_quota, activation_codes_exhausted.
Result<store::Handoff> begin(store::Transaction&, const Services&, const http::Request&, store::Handoff next);

// Seconds until the facility may begin requests again.
std::string seconds_to_next_minute(Instant now);
// The refusal of a start: 429 says when to come again.
http::Response start_refusal(const Services&, const http::Request&, const std::string& subject, const Error&);

}  // namespace tegata::activation
