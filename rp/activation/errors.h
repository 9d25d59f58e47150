// Error codes of rp/activation.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// Who asks (401 invalid_client, whatever the cause).
inline constexpr ErrorCode activation_client_certificate_missing{"activation_client_certificate_missing"};
inline constexpr ErrorCode activation_client_certificate_unknown{"activation_client_certificate_unknown"};
inline constexpr ErrorCode activation_client_certificate_expired{"activation_client_certificate_expired"};
inline constexpr ErrorCode activation_client_certificate_inactive{"activation_client_certificate_inactive"};
inline constexpr ErrorCode activation_client_id_mismatch{"activation_client_id_mismatch"};
inline constexpr ErrorCode activation_client_method{"activation_client_method"};
// A secret, which no client has here.
inline constexpr ErrorCode activation_client_secret{"activation_client_secret"};
inline constexpr ErrorCode activation_assertion_refused{"activation_assertion_refused"};
inline constexpr ErrorCode activation_assertion_replayed{"activation_assertion_replayed"};
inline constexpr ErrorCode activation_client_inactive{"activation_client_inactive"};
inline constexpr ErrorCode activation_facility_inactive{"activation_facility_inactive"};

// A page of another site sent it, through a browser that has the facility's certificate.
inline constexpr ErrorCode activation_cross_site{"activation_cross_site"};

// What is asked.
inline constexpr ErrorCode activation_request_malformed{"activation_request_malformed"};
inline constexpr ErrorCode activation_client_not_allowed{"activation_client_not_allowed"};
inline constexpr ErrorCode activation_scope_not_allowed{"activation_scope_not_allowed"};
inline constexpr ErrorCode activation_target_not_allowed{"activation_target_not_allowed"};
inline constexpr ErrorCode activation_grant_type_unsupported{"activation_grant_type_unsupported"};

inline constexpr ErrorCode activation_acr_unknown{"activation_acr_unknown"};

inline constexpr ErrorCode activation_redirect_uri{"activation_redirect_uri"};
inline constexpr ErrorCode activation_request_uri{"activation_request_uri"};
// A request that lies elsewhere: only what was pushed here is taken.
inline constexpr ErrorCode activation_request_uri_elsewhere{"activation_request_uri_elsewhere"};
inline constexpr ErrorCode activation_response_type{"activation_response_type"};
inline constexpr ErrorCode activation_login_required{"activation_login_required"};
// A signed request that is not good; the detail says why.
inline constexpr ErrorCode activation_request_object{"activation_request_object"};
// Likewise at the backchannel, whose errors have no name of their own for it.
inline constexpr ErrorCode activation_backchannel_object{"activation_backchannel_object"};
// The client of the deployed profile stands for another method.
inline constexpr ErrorCode activation_method_not_offered{"activation_method_not_offered"};
inline constexpr ErrorCode activation_binding_message{"activation_binding_message"};

// The key that a request proves (RFC 9449).
inline constexpr ErrorCode activation_dpop_missing{"activation_dpop_missing"};
inline constexpr ErrorCode activation_dpop_refused{"activation_dpop_refused"};
inline constexpr ErrorCode activation_dpop_replayed{"activation_dpop_replayed"};
inline constexpr ErrorCode activation_dpop_other_key{"activation_dpop_other_key"};

// Every user code that was tried is in use.
inline constexpr ErrorCode activation_codes_exhausted{"activation_codes_exhausted"};

// The facility has begun as many requests in this minute as it may.
inline constexpr ErrorCode activation_start_quota{"activation_start_quota"};
// One address has begun, or asked for, too much in a minute without a proof of who it is.
inline constexpr ErrorCode activation_too_many{"activation_too_many"};

// How a request for a pass stands or ended; also the reasons kept with it.
inline constexpr ErrorCode activation_pending{"activation_pending"};
inline constexpr ErrorCode activation_slow_down{"activation_slow_down"};
inline constexpr ErrorCode activation_declined{"activation_declined"};
inline constexpr ErrorCode activation_wrong_number{"activation_wrong_number"};
inline constexpr ErrorCode activation_other_phone{"activation_other_phone"};
inline constexpr ErrorCode activation_expired{"activation_expired"};
inline constexpr ErrorCode activation_replaced{"activation_replaced"};
inline constexpr ErrorCode activation_cancelled{"activation_cancelled"};

// Redemption.
inline constexpr ErrorCode activation_code_unknown{"activation_code_unknown"};
inline constexpr ErrorCode activation_code_of_another_client{"activation_code_of_another_client"};
inline constexpr ErrorCode activation_code_expired{"activation_code_expired"};
inline constexpr ErrorCode activation_code_verifier{"activation_code_verifier"};
inline constexpr ErrorCode activation_code_redirect_uri{"activation_code_redirect_uri"};
// An authorization code that comes again: the pass is revoked.
inline constexpr ErrorCode activation_code_reused{"activation_code_reused"};
inline constexpr ErrorCode activation_redeemed{"activation_redeemed"};
// An alarm: the pass is revoked.
inline constexpr ErrorCode activation_redeemed_elsewhere{"activation_redeemed_elsewhere"};
inline constexpr ErrorCode activation_practitioner_not_in_good_standing{"activation_practitioner_not_in_good_standing"};
inline constexpr ErrorCode activation_credential_removed{"activation_credential_removed"};
inline constexpr ErrorCode activation_requester_not_in_good_standing{"activation_requester_not_in_good_standing"};
inline constexpr ErrorCode activation_pass_without_time{"activation_pass_without_time"};

// On the phone.
// A typed code that is none, or of a request that may not be opened so.
inline constexpr ErrorCode activation_user_code_unknown{"activation_user_code_unknown"};
inline constexpr ErrorCode activation_user_code_malformed{"activation_user_code_malformed"};
// Too many codes were typed wrong.
inline constexpr ErrorCode activation_user_code_limit{"activation_user_code_limit"};
// The role that was chosen is none of the second certificate.
inline constexpr ErrorCode activation_role_unknown{"activation_role_unknown"};
// A pass of this person that is live no more.
inline constexpr ErrorCode activation_own_pass_unknown{"activation_own_pass_unknown"};
inline constexpr ErrorCode activation_request_unknown{"activation_request_unknown"};
inline constexpr ErrorCode activation_not_owner{"activation_not_owner"};
inline constexpr ErrorCode activation_already_decided{"activation_already_decided"};
inline constexpr ErrorCode activation_number_malformed{"activation_number_malformed"};
inline constexpr ErrorCode activation_credential_unknown{"activation_credential_unknown"};
inline constexpr ErrorCode activation_credential_changed{"activation_credential_changed"};
inline constexpr ErrorCode activation_user_handle_mismatch{"activation_user_handle_mismatch"};
inline constexpr ErrorCode activation_other_person{"activation_other_person"};
inline constexpr ErrorCode activation_not_device_bound{"activation_not_device_bound"};
// A strict facility, or a request that demands hardware: nothing proves that the key lies in any.
inline constexpr ErrorCode activation_key_not_hardware{"activation_key_not_hardware"};
// Likewise: the model is less certified than [metadata] least_certification.
inline constexpr ErrorCode activation_model_not_certified{"activation_model_not_certified"};
// The request demands hardware, and the metadata that would prove it cannot be used at the moment.
inline constexpr ErrorCode activation_metadata_unusable{"activation_metadata_unusable"};
// The card by which the phone was bound has been revoked since.
inline constexpr ErrorCode activation_card_revoked{"activation_card_revoked"};
// Metadata warns of the model, by now.
inline constexpr ErrorCode activation_model_unwanted{"activation_model_unwanted"};

// The browser shows no card log-in for this request.
inline constexpr ErrorCode activation_card_missing{"activation_card_missing"};

// Introspection and revocation: the caller sees {"active":false} or 200.
inline constexpr ErrorCode activation_pass_unknown{"activation_pass_unknown"};
inline constexpr ErrorCode activation_pass_not_active{"activation_pass_not_active"};
inline constexpr ErrorCode activation_pass_for_another_audience{"activation_pass_for_another_audience"};
// Signed by a key of ours, but not by the one that we signed that pass with.
inline constexpr ErrorCode activation_pass_of_another_key{"activation_pass_of_another_key"};
inline constexpr ErrorCode activation_presented_certificate_mismatch{"activation_presented_certificate_mismatch"};
inline constexpr ErrorCode activation_token_of_another_client{"activation_token_of_another_client"};

}  // namespace tegata::errors
