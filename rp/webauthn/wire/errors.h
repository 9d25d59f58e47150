// Error codes of rp/webauthn.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// CBOR, before anything looks at its meaning.
inline constexpr ErrorCode webauthn_cbor_malformed{"webauthn_cbor_malformed"};
inline constexpr ErrorCode webauthn_cbor_length{"webauthn_cbor_length"};
inline constexpr ErrorCode webauthn_cbor_indefinite{"webauthn_cbor_indefinite"};
inline constexpr ErrorCode webauthn_cbor_not_minimal{"webauthn_cbor_not_minimal"};
inline constexpr ErrorCode webauthn_cbor_too_deep{"webauthn_cbor_too_deep"};
inline constexpr ErrorCode webauthn_cbor_duplicate_key{"webauthn_cbor_duplicate_key"};
inline constexpr ErrorCode webauthn_cbor_key_type{"webauthn_cbor_key_type"};
inline constexpr ErrorCode webauthn_cbor_too_many_keys{"webauthn_cbor_too_many_keys"};
inline constexpr ErrorCode webauthn_cbor_tag{"webauthn_cbor_tag"};
inline constexpr ErrorCode webauthn_cbor_float{"webauthn_cbor_float"};
inline constexpr ErrorCode webauthn_cbor_bad_utf8{"webauthn_cbor_bad_utf8"};
inline constexpr ErrorCode webauthn_cbor_trailing{"webauthn_cbor_trailing"};

// The response as the browser's JSON.
inline constexpr ErrorCode webauthn_response_too_large{"webauthn_response_too_large"};
inline constexpr ErrorCode webauthn_credential_type{"webauthn_credential_type"};
inline constexpr ErrorCode webauthn_raw_id_mismatch{"webauthn_raw_id_mismatch"};
inline constexpr ErrorCode webauthn_credential_id_length{"webauthn_credential_id_length"};

// Client data.
inline constexpr ErrorCode webauthn_client_data_malformed{"webauthn_client_data_malformed"};
inline constexpr ErrorCode webauthn_type_mismatch{"webauthn_type_mismatch"};
inline constexpr ErrorCode webauthn_challenge_mismatch{"webauthn_challenge_mismatch"};
inline constexpr ErrorCode webauthn_origin_mismatch{"webauthn_origin_mismatch"};
inline constexpr ErrorCode webauthn_cross_origin{"webauthn_cross_origin"};
inline constexpr ErrorCode webauthn_top_origin{"webauthn_top_origin"};
inline constexpr ErrorCode webauthn_token_binding_malformed{"webauthn_token_binding_malformed"};

// Authenticator data.
inline constexpr ErrorCode webauthn_authenticator_data_malformed{"webauthn_authenticator_data_malformed"};
inline constexpr ErrorCode webauthn_authenticator_data_leftover{"webauthn_authenticator_data_leftover"};
inline constexpr ErrorCode webauthn_reserved_flags{"webauthn_reserved_flags"};
inline constexpr ErrorCode webauthn_extensions_malformed{"webauthn_extensions_malformed"};
inline constexpr ErrorCode webauthn_extension_unsolicited{"webauthn_extension_unsolicited"};
inline constexpr ErrorCode webauthn_attested_data_missing{"webauthn_attested_data_missing"};
inline constexpr ErrorCode webauthn_attested_data_unexpected{"webauthn_attested_data_unexpected"};
inline constexpr ErrorCode webauthn_rp_id_mismatch{"webauthn_rp_id_mismatch"};
inline constexpr ErrorCode webauthn_user_not_present{"webauthn_user_not_present"};
inline constexpr ErrorCode webauthn_user_not_verified{"webauthn_user_not_verified"};
inline constexpr ErrorCode webauthn_backup_state_without_eligibility{"webauthn_backup_state_without_eligibility"};
inline constexpr ErrorCode webauthn_backup_eligible_refused{"webauthn_backup_eligible_refused"};
inline constexpr ErrorCode webauthn_backup_eligibility_changed{"webauthn_backup_eligibility_changed"};

// Keys and algorithms.
inline constexpr ErrorCode webauthn_cose_key_malformed{"webauthn_cose_key_malformed"};
inline constexpr ErrorCode webauthn_cose_key_invalid{"webauthn_cose_key_invalid"};
inline constexpr ErrorCode webauthn_algorithm_unsupported{"webauthn_algorithm_unsupported"};
inline constexpr ErrorCode webauthn_algorithm_not_asked{"webauthn_algorithm_not_asked"};

// Attestation.
inline constexpr ErrorCode webauthn_attestation_object_malformed{"webauthn_attestation_object_malformed"};
inline constexpr ErrorCode webauthn_attestation_format_unsupported{"webauthn_attestation_format_unsupported"};
inline constexpr ErrorCode webauthn_attestation_statement_malformed{"webauthn_attestation_statement_malformed"};
inline constexpr ErrorCode webauthn_attestation_algorithm_mismatch{"webauthn_attestation_algorithm_mismatch"};
inline constexpr ErrorCode webauthn_attestation_signature_invalid{"webauthn_attestation_signature_invalid"};
inline constexpr ErrorCode webauthn_attestation_certificate_malformed{"webauthn_attestation_certificate_malformed"};
inline constexpr ErrorCode webauthn_attestation_certificate_profile{"webauthn_attestation_certificate_profile"};
inline constexpr ErrorCode webauthn_attestation_aaguid_mismatch{"webauthn_attestation_aaguid_mismatch"};
// A certificate of x5c is not what the one before it was issued by: another name (the order is wrong), another key than
// the one that it names, not allowed to issue, or signing otherwise than its key can.
inline constexpr ErrorCode webauthn_attestation_x5c_order{"webauthn_attestation_x5c_order"};
inline constexpr ErrorCode webauthn_attestation_x5c_authority_key{"webauthn_attestation_x5c_authority_key"};
inline constexpr ErrorCode webauthn_attestation_x5c_key_usage{"webauthn_attestation_x5c_key_usage"};
inline constexpr ErrorCode webauthn_attestation_x5c_algorithm{"webauthn_attestation_x5c_algorithm"};
inline constexpr ErrorCode webauthn_attestation_root_in_x5c{"webauthn_attestation_root_in_x5c"};
inline constexpr ErrorCode webauthn_attestation_key_mismatch{"webauthn_attestation_key_mismatch"};
inline constexpr ErrorCode webauthn_attestation_challenge_mismatch{"webauthn_attestation_challenge_mismatch"};
inline constexpr ErrorCode webauthn_android_key_all_applications{"webauthn_android_key_all_applications"};
inline constexpr ErrorCode webauthn_android_key_origin{"webauthn_android_key_origin"};
inline constexpr ErrorCode webauthn_android_key_purpose{"webauthn_android_key_purpose"};
inline constexpr ErrorCode webauthn_fido_u2f_aaguid{"webauthn_fido_u2f_aaguid"};
inline constexpr ErrorCode webauthn_fido_u2f_credential_key{"webauthn_fido_u2f_credential_key"};
inline constexpr ErrorCode webauthn_safetynet_host{"webauthn_safetynet_host"};
inline constexpr ErrorCode webauthn_safetynet_nonce_mismatch{"webauthn_safetynet_nonce_mismatch"};
inline constexpr ErrorCode webauthn_safetynet_cts_profile{"webauthn_safetynet_cts_profile"};
inline constexpr ErrorCode webauthn_safetynet_time{"webauthn_safetynet_time"};
inline constexpr ErrorCode webauthn_tpm_structure_malformed{"webauthn_tpm_structure_malformed"};
inline constexpr ErrorCode webauthn_tpm_certinfo_mismatch{"webauthn_tpm_certinfo_mismatch"};
inline constexpr ErrorCode webauthn_tpm_manufacturer_unknown{"webauthn_tpm_manufacturer_unknown"};
inline constexpr ErrorCode webauthn_der_malformed{"webauthn_der_malformed"};
inline constexpr ErrorCode webauthn_attestation_untrusted{"webauthn_attestation_untrusted"};
inline constexpr ErrorCode webauthn_aaguid_refused{"webauthn_aaguid_refused"};
inline constexpr ErrorCode webauthn_anchor_malformed{"webauthn_anchor_malformed"};
inline constexpr ErrorCode webauthn_second_verifier_veto{"webauthn_second_verifier_veto"};

// Metadata: the BLOB itself, which an operator brings in.
inline constexpr ErrorCode webauthn_metadata_malformed{"webauthn_metadata_malformed"};
inline constexpr ErrorCode webauthn_metadata_header{"webauthn_metadata_header"};
inline constexpr ErrorCode webauthn_metadata_algorithm{"webauthn_metadata_algorithm"};
inline constexpr ErrorCode webauthn_metadata_untrusted{"webauthn_metadata_untrusted"};
inline constexpr ErrorCode webauthn_metadata_revoked{"webauthn_metadata_revoked"};
inline constexpr ErrorCode webauthn_metadata_crl_malformed{"webauthn_metadata_crl_malformed"};
inline constexpr ErrorCode webauthn_metadata_crl_missing{"webauthn_metadata_crl_missing"};
inline constexpr ErrorCode webauthn_metadata_host{"webauthn_metadata_host"};
inline constexpr ErrorCode webauthn_metadata_signature{"webauthn_metadata_signature"};
inline constexpr ErrorCode webauthn_metadata_number_older{"webauthn_metadata_number_older"};
inline constexpr ErrorCode webauthn_metadata_number_reused{"webauthn_metadata_number_reused"};
inline constexpr ErrorCode webauthn_metadata_stale{"webauthn_metadata_stale"};

// A file of certificates or revocation lists.
inline constexpr ErrorCode webauthn_pem_malformed{"webauthn_pem_malformed"};

// A registration against what metadata says of its model.
inline constexpr ErrorCode webauthn_metadata_status_unwanted{"webauthn_metadata_status_unwanted"};
inline constexpr ErrorCode webauthn_metadata_algorithm_mismatch{"webauthn_metadata_algorithm_mismatch"};
inline constexpr ErrorCode webauthn_metadata_attestation_type{"webauthn_metadata_attestation_type"};

// What the server asked for and the browser reports otherwise.
inline constexpr ErrorCode webauthn_attachment_mismatch{"webauthn_attachment_mismatch"};
inline constexpr ErrorCode webauthn_not_discoverable{"webauthn_not_discoverable"};
inline constexpr ErrorCode webauthn_credential_id_mismatch{"webauthn_credential_id_mismatch"};

// Authentication only.
inline constexpr ErrorCode webauthn_credential_not_allowed{"webauthn_credential_not_allowed"};
inline constexpr ErrorCode webauthn_user_handle_missing{"webauthn_user_handle_missing"};
inline constexpr ErrorCode webauthn_user_handle_mismatch{"webauthn_user_handle_mismatch"};
inline constexpr ErrorCode webauthn_signature_invalid{"webauthn_signature_invalid"};
inline constexpr ErrorCode webauthn_counter_went_back{"webauthn_counter_went_back"};

}  // namespace tegata::errors
