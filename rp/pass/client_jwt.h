// A JWT that a client signed for us with a registered key: what its assertions and its request objects have in common.
#pragma once

#include <chrono>
#include <initializer_list>
#include <vector>

#include "rp/base/instant.h"
#include "rp/pass/client_key.h"

namespace tegata::pass {

inline constexpr std::chrono::seconds clock_tolerance{60};  // between a client's clock and ours, in both directions

// The error of a claim that is not there, or is not what it must be.
using Malformed = Error (*)(const std::string& claim);

// What the token says of itself, before anything is verified. Error: jws_malformed, or `malformed`.
Result<Json> parse_client_claims(std::string_view token, Malformed malformed);

struct ClientJwt {
  Json claims;
  Digest key{};  // thumbprint of the key that it is signed by (RFC 7638)
};
// Signed by one of the keys, by one of client_algorithms. The type may be left out, but not be one of another kind of
// token. Errors: jws_malformed, jws_header_member, jws_algorithm, jws_type, jws_signature, assertion_key_unknown, or
// `malformed`.
Result<ClientJwt> verify_client_jwt(std::string_view token, const std::vector<ClientKey>& keys,
                                    std::initializer_list<std::string_view> types, Malformed malformed);

// Whether aud is the issuer and no other party.
bool is_meant_for(const Json& claims, const std::string& issuer);

// NumericDate (RFC 7519), which may have a fraction. Error: `malformed`.
Result<std::optional<Instant>> moment_of(const Json& claims, const char* name, Malformed malformed);

}  // namespace tegata::pass
