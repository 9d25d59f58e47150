// Error codes of the enroll room; those of the card's certificate are in card/errors.h.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// Card log-in.
inline constexpr ErrorCode card_missing{"card_missing"};
inline constexpr ErrorCode card_resumed_session{"card_resumed_session"};
inline constexpr ErrorCode card_unknown_person{"card_unknown_person"};
inline constexpr ErrorCode card_person_suspended{"card_person_suspended"};
inline constexpr ErrorCode card_no_second_certificate{"card_no_second_certificate"};
inline constexpr ErrorCode card_second_certificate_ended{"card_second_certificate_ended"};

// From card to page.
inline constexpr ErrorCode sign_in_purpose_unknown{"sign_in_purpose_unknown"};
inline constexpr ErrorCode sign_in_method_unknown{"sign_in_method_unknown"};
inline constexpr ErrorCode sign_in_too_many{"sign_in_too_many"};
inline constexpr ErrorCode sign_in_start_unknown{"sign_in_start_unknown"};
inline constexpr ErrorCode sign_in_code_unknown{"sign_in_code_unknown"};
inline constexpr ErrorCode sign_in_session_missing{"sign_in_session_missing"};

// Registration number and card ID: one message for all but the first two.
inline constexpr ErrorCode registration_number_off{"registration_number_off"};
inline constexpr ErrorCode registration_number_malformed{"registration_number_malformed"};
inline constexpr ErrorCode registration_number_unknown{"registration_number_unknown"};
inline constexpr ErrorCode registration_card_id_wrong{"registration_card_id_wrong"};
inline constexpr ErrorCode registration_person_not_in_good_standing{"registration_person_not_in_good_standing"};
// Too many tries: with this number, from this address, or of all people together.
inline constexpr ErrorCode registration_number_limited{"registration_number_limited"};
inline constexpr ErrorCode registration_address_limited{"registration_address_limited"};
inline constexpr ErrorCode registration_all_limited{"registration_all_limited"};

// Tickets, as strangers meet them: one message for all.
inline constexpr ErrorCode ticket_unknown{"ticket_unknown"};
inline constexpr ErrorCode ticket_expired{"ticket_expired"};
inline constexpr ErrorCode ticket_not_owner{"ticket_not_owner"};
inline constexpr ErrorCode ticket_over{"ticket_over"};
// As their owners meet them.
inline constexpr ErrorCode ticket_other_phone{"ticket_other_phone"};
inline constexpr ErrorCode ticket_wrong_number{"ticket_wrong_number"};
inline constexpr ErrorCode ticket_number_malformed{"ticket_number_malformed"};
inline constexpr ErrorCode ticket_not_opened{"ticket_not_opened"};
inline constexpr ErrorCode ticket_not_confirmed{"ticket_not_confirmed"};
// A phone that is bound already has not said yes yet, or nothing waits for its yes.
inline constexpr ErrorCode ticket_not_approved{"ticket_not_approved"};
inline constexpr ErrorCode ticket_approval_unknown{"ticket_approval_unknown"};
// As many tickets of this person as may wait for a bound phone at a time do so already.
inline constexpr ErrorCode ticket_too_many_waiting{"ticket_too_many_waiting"};
inline constexpr ErrorCode ticket_no_platform_authenticator{"ticket_no_platform_authenticator"};
inline constexpr ErrorCode ticket_no_bound_phone{"ticket_no_bound_phone"};
inline constexpr ErrorCode ticket_credential_known{"ticket_credential_known"};
inline constexpr ErrorCode ticket_person_not_in_good_standing{"ticket_person_not_in_good_standing"};
// Tickets with a password, to whoever holds the QR.
inline constexpr ErrorCode ticket_password_needed{"ticket_password_needed"};
inline constexpr ErrorCode ticket_password_too_long{"ticket_password_too_long"};
inline constexpr ErrorCode ticket_password_wrong{"ticket_password_wrong"};
inline constexpr ErrorCode ticket_password_unanswered{"ticket_password_unanswered"};
inline constexpr ErrorCode ticket_locked{"ticket_locked"};
inline constexpr ErrorCode ticket_ownership_lapsed{"ticket_ownership_lapsed"};
inline constexpr ErrorCode ticket_busy{"ticket_busy"};
inline constexpr ErrorCode ticket_claims_too_many{"ticket_claims_too_many"};
inline constexpr ErrorCode password_hash_failed{"password_hash_failed"};
inline constexpr ErrorCode password_hash_malformed{"password_hash_malformed"};
// What operators do with tickets.
inline constexpr ErrorCode ticket_origin_unknown{"ticket_origin_unknown"};
inline constexpr ErrorCode ticket_table_refused{"ticket_table_refused"};
inline constexpr ErrorCode ticket_person_twice{"ticket_person_twice"};
inline constexpr ErrorCode ticket_batch_line_taken{"ticket_batch_line_taken"};
inline constexpr ErrorCode ticket_not_live{"ticket_not_live"};
inline constexpr ErrorCode ticket_without_password{"ticket_without_password"};
// Why a ticket was ended: the `reason` on screens.
inline constexpr ErrorCode ticket_rejected_on_pc{"ticket_rejected_on_pc"};
inline constexpr ErrorCode ticket_rejected_on_phone{"ticket_rejected_on_phone"};
inline constexpr ErrorCode ticket_approval_declined{"ticket_approval_declined"};
inline constexpr ErrorCode ticket_replaced{"ticket_replaced"};
inline constexpr ErrorCode ticket_session_ended{"ticket_session_ended"};
// A screen whose session somebody else has taken over.
inline constexpr ErrorCode ticket_of_other_session{"ticket_of_other_session"};
inline constexpr ErrorCode ticket_revoked{"ticket_revoked"};

// The page of phones.
inline constexpr ErrorCode devices_ceremony_unknown{"devices_ceremony_unknown"};
inline constexpr ErrorCode devices_credential_unknown{"devices_credential_unknown"};
inline constexpr ErrorCode devices_credential_removed{"devices_credential_removed"};
inline constexpr ErrorCode devices_credential_changed{"devices_credential_changed"};
inline constexpr ErrorCode devices_person_not_in_good_standing{"devices_person_not_in_good_standing"};
// The card by which the phone was bound was revoked.
inline constexpr ErrorCode devices_card_revoked{"devices_card_revoked"};
inline constexpr ErrorCode devices_model_unwanted{"devices_model_unwanted"};
inline constexpr ErrorCode devices_phone_unknown{"devices_phone_unknown"};
inline constexpr ErrorCode devices_step_up_needed{"devices_step_up_needed"};
// Only a phone that is bound may do this, not a card.
inline constexpr ErrorCode devices_phone_needed{"devices_phone_needed"};

// What a phone reported of itself.
inline constexpr ErrorCode phone_ceremony_failed{"phone_ceremony_failed"};

}  // namespace tegata::errors
