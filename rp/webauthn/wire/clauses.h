// The rules of the specifications that this room enforces, as data: anchor, then our own short
// paraphrase. An Error carries the one that was broken, and each has a test that breaks it.
#pragma once

#include <string_view>

namespace tegata::webauthn::wire {

// The rules that both ceremonies share, cited from the section of each.
struct CeremonyClauses {
  std::string_view client_data, type, challenge, origin, cross_origin, top_origin, rp_id_hash, user_present,
      user_verified, backup_state, extensions;
};

inline constexpr CeremonyClauses registration_clauses{
    .client_data = "webauthn-3#sctn-registering-a-new-credential: client data is JSON in UTF-8",
    .type = "webauthn-3#sctn-registering-a-new-credential: type is webauthn.create",
    .challenge = "webauthn-3#sctn-registering-a-new-credential: challenge equals",
    .origin = "webauthn-3#sctn-registering-a-new-credential: origin is expected",
    .cross_origin = "webauthn-3#sctn-registering-a-new-credential: crossOrigin only where framing is expected",
    .top_origin = "webauthn-3#sctn-registering-a-new-credential: topOrigin only where that frame is expected",
    .rp_id_hash = "webauthn-3#sctn-registering-a-new-credential: rpIdHash is that of the RP ID",
    .user_present = "webauthn-3#sctn-registering-a-new-credential: UP set unless created conditionally",
    .user_verified = "webauthn-3#sctn-registering-a-new-credential: UV set if required",
    .backup_state = "webauthn-3#sctn-registering-a-new-credential: BS only with BE",
    .extensions = "webauthn-3#sctn-registering-a-new-credential: unsolicited extension outputs as the policy says",
};

inline constexpr CeremonyClauses authentication_clauses{
    .client_data = "webauthn-3#sctn-verifying-assertion: client data is JSON in UTF-8",
    .type = "webauthn-3#sctn-verifying-assertion: type is webauthn.get",
    .challenge = "webauthn-3#sctn-verifying-assertion: challenge equals",
    .origin = "webauthn-3#sctn-verifying-assertion: origin is expected",
    .cross_origin = "webauthn-3#sctn-verifying-assertion: crossOrigin only where framing is expected",
    .top_origin = "webauthn-3#sctn-verifying-assertion: topOrigin only where that frame is expected",
    .rp_id_hash = "webauthn-3#sctn-verifying-assertion: rpIdHash is that of the RP ID",
    .user_present = "webauthn-3#sctn-verifying-assertion: UP set",
    .user_verified = "webauthn-3#sctn-verifying-assertion: UV set if required",
    .backup_state = "webauthn-3#sctn-verifying-assertion: BS only with BE",
    .extensions = "webauthn-3#sctn-verifying-assertion: unsolicited extension outputs as the policy says",
};

namespace clauses {

inline constexpr std::string_view cbor = "webauthn-3#sctn-conforming-all-classes: CTAP2 canonical CBOR, one whole item";
inline constexpr std::string_view credential_json =
    "webauthn-3#iface-pkcredential: id, rawId and type of a public key credential";
inline constexpr std::string_view registration_json =
    "webauthn-3#dictdef-registrationresponsejson: its members, typed and bounded";
inline constexpr std::string_view authentication_json =
    "webauthn-3#dictdef-authenticationresponsejson: its members, typed and bounded";
inline constexpr std::string_view credential_id =
    "webauthn-3#sctn-registering-a-new-credential: credential ID of at most 1023 bytes";
inline constexpr std::string_view authenticator_data = "webauthn-3#sctn-authenticator-data: layout, nothing left over";
inline constexpr std::string_view token_binding =
    "webauthn-2#dictdef-tokenbinding: an object whose status is present or supported";
inline constexpr std::string_view reserved_flags = "webauthn-3#sctn-authenticator-data: reserved flags are zero";
inline constexpr std::string_view attested_data =
    "webauthn-3#sctn-attested-credential-data: AT set when registering, clear when asserting";
inline constexpr std::string_view extensions = "webauthn-3#sctn-extensions: extension outputs are a map by identifier";
inline constexpr std::string_view cose_key =
    "webauthn-3#sctn-encoded-credPubKey-examples: exactly the parameters of the key type";
inline constexpr std::string_view cose_algorithm =
    "webauthn-3#sctn-alg-identifier: key type and curve belong to the algorithm";
inline constexpr std::string_view algorithm_asked =
    "webauthn-3#sctn-registering-a-new-credential: alg was in pubKeyCredParams";
inline constexpr std::string_view backup_policy =
    "webauthn-3#sctn-registering-a-new-credential: BE and BS suit the policy";
inline constexpr std::string_view attestation_object =
    "webauthn-3#sctn-generating-an-attestation-object: fmt, attStmt, authData";
inline constexpr std::string_view attestation_format = "webauthn-3#sctn-registering-a-new-credential: fmt is supported";
inline constexpr std::string_view attestation_trust =
    "webauthn-3#sctn-registering-a-new-credential: statement is acceptable, path ends at an anchor";
inline constexpr std::string_view none_empty = "webauthn-3#sctn-none-attestation: statement is an empty map";
inline constexpr std::string_view packed_syntax = "webauthn-3#sctn-packed-attestation: alg, sig and perhaps x5c";
inline constexpr std::string_view packed_signature =
    "webauthn-3#sctn-packed-attestation: sig over authData and client data hash";
inline constexpr std::string_view packed_self_alg =
    "webauthn-3#sctn-packed-attestation: alg of a self attestation is the credential's";
inline constexpr std::string_view packed_certificate =
    "webauthn-3#sctn-packed-attestation-cert-requirements: certificate profile";
inline constexpr std::string_view packed_aaguid =
    "webauthn-3#sctn-packed-attestation-cert-requirements: AAGUID extension equals";
inline constexpr std::string_view certificate_der = "rfc5280#section-4.1: a certificate is one whole DER item";
inline constexpr std::string_view der = "x690#section-10: DER: definite lengths, everything in its shortest form";
inline constexpr std::string_view certificate_extension_once = "rfc5280#section-4.2: an extension stands only once";
inline constexpr std::string_view x5c_order =
    "webauthn-3#sctn-packed-attestation: x5c is the leaf, then its chain in order";
inline constexpr std::string_view x5c_authority_key =
    "rfc5280#section-4.2.1.1: the authority key identifier is that of the issuer's certificate";
inline constexpr std::string_view x5c_key_usage = "rfc5280#section-4.2.1.3: an issuer's key usage has keyCertSign";
inline constexpr std::string_view x5c_algorithm =
    "rfc5280#section-4.1.1.2: the algorithm of a signature is one of the issuer's key";
inline constexpr std::string_view x5c_root =
    "webauthn-3#sctn-registering-a-new-credential: a statement brings no root of its own";
inline constexpr std::string_view fido_u2f_syntax =
    "webauthn-3#sctn-fido-u2f-attestation: sig, and x5c with exactly one certificate";
inline constexpr std::string_view fido_u2f_certificate =
    "webauthn-3#sctn-fido-u2f-attestation: the certificate's key is on P-256";
inline constexpr std::string_view fido_u2f_credential =
    "webauthn-3#sctn-fido-u2f-attestation: the credential key is on P-256";
inline constexpr std::string_view fido_u2f_signature =
    "webauthn-3#sctn-fido-u2f-attestation: sig over the U2F registration data";
inline constexpr std::string_view fido_u2f_aaguid =
    "ctap-2.2#u2f-authenticatorMakeCredential-interoperability: AAGUID is zero";
inline constexpr std::string_view android_key_syntax = "webauthn-3#sctn-android-key-attestation: alg, sig and x5c";
inline constexpr std::string_view android_key_signature =
    "webauthn-3#sctn-android-key-attestation: sig over authData and client data hash";
inline constexpr std::string_view android_key_credential =
    "webauthn-3#sctn-android-key-attestation: the certified key is the credential's";
inline constexpr std::string_view android_key_extension =
    "webauthn-3#sctn-key-attstn-cert-requirements: key description extension";
inline constexpr std::string_view android_key_challenge =
    "webauthn-3#sctn-android-key-attestation: attestationChallenge is the client data hash";
inline constexpr std::string_view android_key_all_applications =
    "webauthn-3#sctn-android-key-attestation: allApplications in neither list";
inline constexpr std::string_view android_key_origin =
    "webauthn-3#sctn-android-key-attestation: origin is KM_ORIGIN_GENERATED";
inline constexpr std::string_view android_key_purpose =
    "webauthn-3#sctn-android-key-attestation: purpose is KM_PURPOSE_SIGN";
inline constexpr std::string_view safetynet_allowed =
    "webauthn-3#sctn-android-safetynet-attestation: deprecated, accepted only where the policy says so";
inline constexpr std::string_view safetynet_syntax = "webauthn-3#sctn-android-safetynet-attestation: ver and response";
inline constexpr std::string_view safetynet_response =
    "webauthn-3#sctn-android-safetynet-attestation: response is a signed JWS in compact form";
inline constexpr std::string_view safetynet_signature =
    "webauthn-3#sctn-android-safetynet-attestation: response is signed by its first certificate";
inline constexpr std::string_view safetynet_host =
    "webauthn-3#sctn-android-safetynet-attestation: the certificate is of attest.android.com";
inline constexpr std::string_view safetynet_nonce =
    "webauthn-3#sctn-android-safetynet-attestation: nonce is the hash of authData and client data hash";
inline constexpr std::string_view safetynet_cts =
    "webauthn-3#sctn-android-safetynet-attestation: ctsProfileMatch is true";
inline constexpr std::string_view safetynet_time =
    "webauthn-3#sctn-android-safetynet-attestation: made in the last minute, not in the future";
inline constexpr std::string_view tpm_syntax = "webauthn-3#sctn-tpm-attestation: ver, alg, x5c, sig, certInfo, pubArea";
inline constexpr std::string_view tpm_version = "webauthn-3#sctn-tpm-attestation: ver is 2.0";
inline constexpr std::string_view tpm_algorithm = "webauthn-3#sctn-tpm-attestation: alg employs a hash";
inline constexpr std::string_view tpm_structures =
    "webauthn-3#sctn-tpm-attestation: certInfo is a TPMS_ATTEST, pubArea the TPMT_PUBLIC of a signing key";
inline constexpr std::string_view tpm_credential_key =
    "webauthn-3#sctn-tpm-attestation: pubArea is the credential public key";
inline constexpr std::string_view tpm_magic = "webauthn-3#sctn-tpm-attestation: magic is TPM_GENERATED_VALUE";
inline constexpr std::string_view tpm_attest_type = "webauthn-3#sctn-tpm-attestation: type is TPM_ST_ATTEST_CERTIFY";
inline constexpr std::string_view tpm_extra_data =
    "webauthn-3#sctn-tpm-attestation: extraData is the hash of authData and client data hash";
inline constexpr std::string_view tpm_name = "webauthn-3#sctn-tpm-attestation: attested name is that of pubArea";
inline constexpr std::string_view tpm_signature = "webauthn-3#sctn-tpm-attestation: sig over certInfo by the AIK";
inline constexpr std::string_view tpm_certificate_version = "webauthn-3#sctn-tpm-cert-requirements: version 3";
inline constexpr std::string_view tpm_certificate_subject = "webauthn-3#sctn-tpm-cert-requirements: subject is empty";
inline constexpr std::string_view tpm_certificate_alternative_name =
    "webauthn-3#sctn-tpm-cert-requirements: subjectAltName has manufacturer, model and version";
inline constexpr std::string_view tpm_certificate_manufacturer =
    "tcg-ek-profile#section-3.2.9: manufacturer is in the registry of vendors";
inline constexpr std::string_view tpm_certificate_usage =
    "webauthn-3#sctn-tpm-cert-requirements: extended key usage is that of AIK certificates";
inline constexpr std::string_view tpm_certificate_no_ca = "webauthn-3#sctn-tpm-cert-requirements: no CA";
inline constexpr std::string_view apple_syntax =
    "webauthn-3#sctn-apple-anonymous-attestation: x5c, and perhaps alg as iOS 14 sends it";
inline constexpr std::string_view apple_algorithm =
    "webauthn-3#sctn-apple-anonymous-attestation: an alg beside x5c is the credential's";
inline constexpr std::string_view apple_nonce =
    "webauthn-3#sctn-apple-anonymous-attestation: nonce is the hash of authData and client data hash";
inline constexpr std::string_view apple_credential_key =
    "webauthn-3#sctn-apple-anonymous-attestation: the certified key is the credential's";
inline constexpr std::string_view compound_syntax =
    "webauthn-3#sctn-compound-attestation: two or more statements of fmt and attStmt";
inline constexpr std::string_view compound_nested =
    "webauthn-3#sctn-compound-attestation: no compound among the statements";
inline constexpr std::string_view attachment =
    "webauthn-3#dom-authenticatorselectioncriteria-authenticatorattachment: as asked";
inline constexpr std::string_view resident_key = "webauthn-3#dom-authenticatorselectioncriteria-residentkey: as asked";
inline constexpr std::string_view allow_credentials =
    "webauthn-3#sctn-verifying-assertion: id is one of allowCredentials";
inline constexpr std::string_view user_handle =
    "webauthn-3#sctn-verifying-assertion: user handle owns the credential record";
inline constexpr std::string_view backup_unchanged =
    "webauthn-3#sctn-verifying-assertion: BE as in the credential record";
inline constexpr std::string_view signature =
    "webauthn-3#sctn-verifying-assertion: signature over authData and client data hash";
inline constexpr std::string_view sign_count = "webauthn-3#sctn-sign-counter: signature counter grows";

inline constexpr std::string_view metadata_jws = "rfc7515#section-7.1: three parts in base64url, the header one object";
inline constexpr std::string_view jws_crit = "rfc7515#section-4.1.11: what is not understood is not accepted";
inline constexpr std::string_view metadata_alg = "rfc8725#section-3.1: only RS256 or ES256, as the signer's key is";
inline constexpr std::string_view metadata_x5c =
    "fido-mds-3#metadata-blob-object-processing-rules: the signer's certificates come in x5c, nothing is fetched";
inline constexpr std::string_view metadata_chain =
    "fido-mds-3#metadata-blob-object-processing-rules: signer's path ends at a pinned root";
inline constexpr std::string_view metadata_revocation =
    "fido-mds-3#metadata-blob-object-processing-rules: no certificate of the path is revoked";
inline constexpr std::string_view metadata_signature =
    "fido-mds-3#metadata-blob-object-processing-rules: signature is right";
inline constexpr std::string_view metadata_number =
    "fido-mds-3#metadata-blob-object-processing-rules: the number grows from BLOB to BLOB";
inline constexpr std::string_view metadata_next_update =
    "fido-mds-3#metadata-blob-payload-dictionary: used until the next update";
inline constexpr std::string_view metadata_payload =
    "fido-mds-3#metadata-blob-payload-dictionary: no, nextUpdate and entries";
inline constexpr std::string_view metadata_entry =
    "fido-mds-3#metadata-blob-payload-entry-dictionary: names a model, its reports and its statement";
inline constexpr std::string_view metadata_status =
    "fido-mds-3#authenticatorstatus-enum: no report in effect says that the model must not be trusted";
inline constexpr std::string_view metadata_algorithm =
    "fido-metadata-statement-3#metadata-keys: algorithms are those of the model";
inline constexpr std::string_view metadata_attestation_type =
    "fido-metadata-statement-3#metadata-keys: the model attests in this way";

}  // namespace clauses
}  // namespace tegata::webauthn::wire
