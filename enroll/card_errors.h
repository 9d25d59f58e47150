// Error codes of the card room: why a card's certificate was refused.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

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
// An HPKI card without any qualification (a clerk's), or with none that may hold a second certificate.
inline constexpr ErrorCode card_no_role{"card_no_role"};
inline constexpr ErrorCode card_role_not_eligible{"card_role_not_eligible"};
// Configuration: an authority that could never verify anybody.
inline constexpr ErrorCode card_authority_malformed{"card_authority_malformed"};

}  // namespace tegata::errors
