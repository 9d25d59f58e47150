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
// A client's key that is none of ours to trust: another kind, too short, for another use.
inline constexpr ErrorCode jwk_unusable{"jwk_unusable"};
// With its private part, or symmetric: it is not to be sent to anybody, and has to be replaced.
inline constexpr ErrorCode jwk_secret{"jwk_secret"};
// A set of which no key can be used; with more than are looked at; with two of one kind and the same kid.
inline constexpr ErrorCode jwk_none_usable{"jwk_none_usable"};
inline constexpr ErrorCode jwk_too_many{"jwk_too_many"};
inline constexpr ErrorCode jwk_kid_twice{"jwk_kid_twice"};
inline constexpr ErrorCode assertion_claims_malformed{"assertion_claims_malformed"};
inline constexpr ErrorCode assertion_key_unknown{"assertion_key_unknown"};
inline constexpr ErrorCode assertion_other_client{"assertion_other_client"};
inline constexpr ErrorCode assertion_other_audience{"assertion_other_audience"};
inline constexpr ErrorCode assertion_expired{"assertion_expired"};
inline constexpr ErrorCode assertion_not_yet_valid{"assertion_not_yet_valid"};
inline constexpr ErrorCode assertion_lives_too_long{"assertion_lives_too_long"};
// A signed request. The last: one that names another one.
inline constexpr ErrorCode request_object_claims_malformed{"request_object_claims_malformed"};
inline constexpr ErrorCode request_object_other_client{"request_object_other_client"};
inline constexpr ErrorCode request_object_other_audience{"request_object_other_audience"};
inline constexpr ErrorCode request_object_expired{"request_object_expired"};
inline constexpr ErrorCode request_object_not_yet_valid{"request_object_not_yet_valid"};
inline constexpr ErrorCode request_object_lives_too_long{"request_object_lives_too_long"};
inline constexpr ErrorCode request_object_nested{"request_object_nested"};
inline constexpr ErrorCode dpop_claims_malformed{"dpop_claims_malformed"};
inline constexpr ErrorCode dpop_other_request{"dpop_other_request"};
inline constexpr ErrorCode dpop_not_of_now{"dpop_not_of_now"};
inline constexpr ErrorCode pass_claims_malformed{"pass_claims_malformed"};
inline constexpr ErrorCode pass_other_issuer{"pass_other_issuer"};
inline constexpr ErrorCode pass_expired{"pass_expired"};
inline constexpr ErrorCode pass_not_yet_valid{"pass_not_yet_valid"};
inline constexpr ErrorCode pass_cut_off_malformed{"pass_cut_off_malformed"};

}  // namespace tegata::errors
