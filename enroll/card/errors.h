// Error codes of the card room: why a card's certificate was refused.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// --- HPKI cards

// Not a certificate as the HPKI profile has it: bad DER, missing or doubled names, broken hcRole.
inline constexpr ErrorCode card_malformed{"card_malformed"};
// No path to a configured authority.
inline constexpr ErrorCode card_untrusted{"card_untrusted"};
// The path is right but an authority's own certificate is not valid at this time.
inline constexpr ErrorCode card_authority_expired{"card_authority_expired"};
// A key or a digest on the path is too weak.
inline constexpr ErrorCode card_weak{"card_weak"};
// A critical extension that nobody here understands.
inline constexpr ErrorCode card_critical_extension{"card_critical_extension"};
// The signing certificate was chosen instead of the authentication one.
inline constexpr ErrorCode card_signing_certificate{"card_signing_certificate"};
// Neither a signing nor an authentication certificate of a person.
inline constexpr ErrorCode card_key_usage{"card_key_usage"};
inline constexpr ErrorCode card_policy{"card_policy"};
inline constexpr ErrorCode card_expired{"card_expired"};
inline constexpr ErrorCode card_not_yet_valid{"card_not_yet_valid"};
// The authority's list names the card's certificate.
inline constexpr ErrorCode card_revoked{"card_revoked"};
// A list names the certificate of an authority above the card.
inline constexpr ErrorCode card_authority_revoked{"card_authority_revoked"};
// No fresh revocation list answers for a certificate on the path.
inline constexpr ErrorCode card_revocation_unknown{"card_revocation_unknown"};
// An HPKI card without any qualification (a clerk's).
inline constexpr ErrorCode card_no_role{"card_no_role"};
// Qualifications, but none that may hold a second certificate.
inline constexpr ErrorCode card_role_not_eligible{"card_role_not_eligible"};
// Configuration: an authority that could never verify anybody.
inline constexpr ErrorCode card_authority_malformed{"card_authority_malformed"};

// --- revocation lists, as fetched

// Not a CRL of version 2 in strict DER with nextUpdate, CRLNumber and authorityKeyIdentifier.
inline constexpr ErrorCode card_revocation_malformed{"card_revocation_malformed"};
inline constexpr ErrorCode card_revocation_too_large{"card_revocation_too_large"};
// Signed by none of the configured authorities, or by a key that may not sign lists.
inline constexpr ErrorCode card_revocation_untrusted{"card_revocation_untrusted"};
// A critical extension of the list or of an entry that nobody here understands.
inline constexpr ErrorCode card_revocation_extension{"card_revocation_extension"};
// A list of some reasons only, an indirect one, a delta, or one of attribute certificates.
inline constexpr ErrorCode card_revocation_scope{"card_revocation_scope"};
// Older than the list that is already known: its number or its date goes back.
inline constexpr ErrorCode card_revocation_older{"card_revocation_older"};
inline constexpr ErrorCode card_revocation_not_yet_valid{"card_revocation_not_yet_valid"};
// Its nextUpdate has come.
inline constexpr ErrorCode card_revocation_stale{"card_revocation_stale"};

// --- My Number cards (JPKI)

// Not a certificate in strict DER.
inline constexpr ErrorCode mynumber_malformed{"mynumber_malformed"};
// Not issued by a configured generation of the user-authentication authority.
inline constexpr ErrorCode mynumber_untrusted{"mynumber_untrusted"};
inline constexpr ErrorCode mynumber_weak{"mynumber_weak"};
inline constexpr ErrorCode mynumber_critical_extension{"mynumber_critical_extension"};
// The certificate for digital signature was chosen instead of the one for user authentication.
inline constexpr ErrorCode mynumber_signature_certificate{"mynumber_signature_certificate"};
inline constexpr ErrorCode mynumber_key_usage{"mynumber_key_usage"};
inline constexpr ErrorCode mynumber_policy{"mynumber_policy"};
inline constexpr ErrorCode mynumber_expired{"mynumber_expired"};
inline constexpr ErrorCode mynumber_not_yet_valid{"mynumber_not_yet_valid"};
inline constexpr ErrorCode mynumber_authority_expired{"mynumber_authority_expired"};
inline constexpr ErrorCode mynumber_revoked{"mynumber_revoked"};
// The configured source of revocation gave no answer.
inline constexpr ErrorCode mynumber_revocation_unknown{"mynumber_revocation_unknown"};
// A good certificate that nobody linked; one that somebody else linked.
inline constexpr ErrorCode mynumber_not_linked{"mynumber_not_linked"};
inline constexpr ErrorCode mynumber_linked_elsewhere{"mynumber_linked_elsewhere"};
inline constexpr ErrorCode mynumber_no_link{"mynumber_no_link"};
// Configuration: generations that are none, or those of a test outside the sandbox.
inline constexpr ErrorCode mynumber_authority_malformed{"mynumber_authority_malformed"};

}  // namespace tegata::errors
