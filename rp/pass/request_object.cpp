#include "rp/pass/request_object.h"

#include <algorithm>

#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

// What a JWT says of itself; the rest are parameters.
constexpr std::string_view claims_of_the_token[] = {"iss", "aud", "exp", "nbf", "iat", "jti"};

Error object_malformed(const std::string& what) {
  return Error(errors::request_object_claims_malformed, what,
               "rfc9101#section-4: parameters are members of the object, as text or numbers");
}

bool is_parameter(const std::string& name) {
  return std::find(std::begin(claims_of_the_token), std::end(claims_of_the_token), name) ==
         std::end(claims_of_the_token);
}

Status verify_object_parties(const Json& claims, const std::string& client_id, const std::string& issuer,
                             RequestKind kind) {
  const Json named = claims.value("client_id", kind == RequestKind::backchannel ? Json(client_id) : Json());
  if (claims.value("iss", Json()) != client_id || named != client_id) {
    return Error(errors::request_object_other_client, client_id,
                 "rfc9101#section-6.3: iss and client_id are the client that asks");
  }
  if (!is_meant_for(claims, issuer)) {
    return Error(errors::request_object_other_audience, {}, "rfc9101#section-4: aud is this issuer and no other party");
  }
  // With a subject it could be shown again as the client's assertion, by any browser that carried it.
  if (claims.contains("sub")) return object_malformed("sub");
  return {};
}

Status verify_object_time(const Json& claims, RequestKind kind, Instant now) {
  TEGATA_ASSIGN(const auto end, moment_of(claims, "exp", object_malformed));
  TEGATA_ASSIGN(const auto begin, moment_of(claims, "nbf", object_malformed));
  TEGATA_ASSIGN(const auto made, moment_of(claims, "iat", object_malformed));
  if (!end) return object_malformed("exp");
  if (kind == RequestKind::backchannel && (!begin || !made)) return object_malformed("nbf and iat");
  if (now >= *end + clock_tolerance) {
    return Error(errors::request_object_expired, {}, "rfc7519#section-4.1.4: the time is before exp");
  }
  const Instant not_before = begin.value_or(now);
  if (not_before > now + clock_tolerance || (made && *made > now + clock_tolerance)) {
    return Error(errors::request_object_not_yet_valid, {},
                 "rfc7519#section-4.1.5: not before nbf, nor before it was made");
  }
  if (*end > not_before + longest_request_object) {
    return Error(errors::request_object_lives_too_long, {},
                 "fapi-2-message-signing#section-5.3.1: at most an hour from nbf to exp");
  }
  return {};
}

Status verify_object_jti(const Json& claims, RequestKind kind) {
  if (kind == RequestKind::authorization && !claims.contains("jti")) return {};
  const auto jti = json_string(claims, "jti");
  if (!jti || jti->empty()) return object_malformed("jti");
  return {};
}

// A whole number is written in digits, and a list of one is that one: a parameter stands once.
Result<std::string> text_of(const std::string& name, const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  if (value.is_array() && value.size() == 1 && value.front().is_string()) return value.front().get<std::string>();
  return object_malformed(name.substr(0, 64));
}

Result<std::map<std::string, std::string>> parameters_of_object(const Json& claims) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : claims.items()) {
    // No parameter of ours is an object; like others that nobody knows (claims), it is passed over.
    if (!is_parameter(name) || value.is_object()) continue;
    TEGATA_ASSIGN(out[name], text_of(name, value));
  }
  return out;
}

}  // namespace

Result<VerifiedRequestObject> verify_request_object(std::string_view token, const std::vector<ClientKey>& keys,
                                                    const std::string& client_id, const std::string& issuer,
                                                    RequestKind kind, Instant now) {
  TEGATA_ASSIGN(const ClientJwt jwt, verify_client_jwt(token, keys, {"JWT", "oauth-authz-req+jwt"}, object_malformed));
  const Json& claims = jwt.claims;
  TEGATA_TRY(verify_object_parties(claims, client_id, issuer, kind));
  TEGATA_TRY(verify_object_time(claims, kind, now));
  TEGATA_TRY(verify_object_jti(claims, kind));
  if (claims.contains("request") || claims.contains("request_uri")) {
    return Error(errors::request_object_nested, {}, "rfc9101#section-4: neither request nor request_uri in it");
  }
  TEGATA_ASSIGN(auto parameters, parameters_of_object(claims));
  return VerifiedRequestObject(std::move(parameters));
}

}  // namespace tegata::pass
