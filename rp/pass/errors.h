// Error codes of rp/pass.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// Not three strict base64url parts, or a header that is no object.
inline constexpr ErrorCode jws_malformed{"jws_malformed"};
// Anything in the header but alg, kid and typ, "crit" included.
inline constexpr ErrorCode jws_header_member{"jws_header_member"};
inline constexpr ErrorCode jws_algorithm{"jws_algorithm"};
inline constexpr ErrorCode jws_type{"jws_type"};
inline constexpr ErrorCode jws_key_unknown{"jws_key_unknown"};
inline constexpr ErrorCode jws_signature{"jws_signature"};
inline constexpr ErrorCode jws_signing_failed{"jws_signing_failed"};
inline constexpr ErrorCode signing_key_unusable{"signing_key_unusable"};
inline constexpr ErrorCode pass_claims_malformed{"pass_claims_malformed"};
inline constexpr ErrorCode pass_other_issuer{"pass_other_issuer"};
inline constexpr ErrorCode pass_expired{"pass_expired"};
inline constexpr ErrorCode pass_not_yet_valid{"pass_not_yet_valid"};
inline constexpr ErrorCode pass_cut_off_malformed{"pass_cut_off_malformed"};

}  // namespace tegata::errors
