#include "rp/pass/client_assertion.h"

#include "rp/pass/compact_jws.h"
#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

Error assertion_malformed(const std::string& what) {
  return Error(errors::assertion_claims_malformed, what, "rfc7523#section-3: iss, sub, aud, exp and jti are there");
}

Status verify_parties(const Json& claims, const std::string& client_id, const std::string& issuer) {
  TEGATA_ASSIGN(const std::string iss, json_string(claims, "iss"));
  TEGATA_ASSIGN(const std::string sub, json_string(claims, "sub"));
  if (iss != client_id || sub != client_id) {
    return Error(errors::assertion_other_client, iss, "oidc-core#ClientAuthentication: iss and sub are the client_id");
  }
  if (!is_meant_for(claims, issuer)) {
    return Error(errors::assertion_other_audience, {}, "rfc7523#section-3: aud is this issuer and no other party");
  }
  return {};
}

Result<Instant> verify_assertion_time(const Json& claims, Instant now) {
  TEGATA_ASSIGN(const auto end, moment_of(claims, "exp", assertion_malformed));
  TEGATA_ASSIGN(const auto begin, moment_of(claims, "nbf", assertion_malformed));
  TEGATA_ASSIGN(const auto made, moment_of(claims, "iat", assertion_malformed));
  if (!end) return assertion_malformed("exp");
  if (now >= *end + clock_tolerance) {
    return Error(errors::assertion_expired, {}, "rfc7523#section-3: the time is before exp");
  }
  if (*end > now + longest_assertion + clock_tolerance) {
    return Error(errors::assertion_lives_too_long, {}, "rfc7523#section-3: exp is not unreasonably far in the future");
  }
  if ((begin && *begin > now + clock_tolerance) || (made && *made > now + clock_tolerance)) {
    return Error(errors::assertion_not_yet_valid, {}, "rfc7523#section-3: not before nbf, nor before it was made");
  }
  return *end + clock_tolerance;
}

}  // namespace

Result<std::string> parse_assertion_client(std::string_view token) {
  TEGATA_ASSIGN(const Json claims, parse_client_claims(token, assertion_malformed));
  const auto sub = json_string(claims, "sub");
  if (!sub) return assertion_malformed("sub");
  return *sub;
}

Result<VerifiedAssertion> verify_client_assertion(std::string_view token, const std::vector<ClientKey>& keys,
                                                  const std::string& client_id, const std::string& issuer,
                                                  Instant now) {
  TEGATA_ASSIGN(const ClientJwt jwt,
                verify_client_jwt(token, keys, {"JWT", "client-authentication+jwt"}, assertion_malformed));
  const Json& claims = jwt.claims;
  TEGATA_TRY(verify_parties(claims, client_id, issuer));
  TEGATA_ASSIGN(const Instant forget_after, verify_assertion_time(claims, now));
  const auto jti = json_string(claims, "jti");
  if (!jti || jti->empty() || jti->size() > longest_jti) return assertion_malformed("jti");
  return VerifiedAssertion(*jti, forget_after, jwt.key);
}

}  // namespace tegata::pass
