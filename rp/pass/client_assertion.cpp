#include "rp/pass/client_assertion.h"

#include <algorithm>

#include "rp/pass/compact_jws.h"
#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

constexpr std::int64_t year_9999 = 253'402'300'799;

Error assertion_malformed(const std::string& what) {
  return Error(errors::assertion_claims_malformed, what, "rfc7523#section-3: iss, sub, aud, exp and jti are there");
}

Result<Json> parse_claims(std::string_view part) {
  TEGATA_ASSIGN(const Bytes payload, decode_part(part));
  auto claims = parse_json(as_text(payload));
  if (!claims || !claims->is_object()) return assertion_malformed("payload");
  return std::move(*claims);
}

Result<std::string> verify_assertion_header(const Json& header) {
  if (header.contains("crit") || header.contains("b64")) {
    return Error(errors::jws_header_member, "crit", "rfc7515#section-4.1.11: what is not understood is not accepted");
  }
  const Json typ = header.value("typ", Json("JWT"));
  if (typ != "JWT" && typ != "client-authentication+jwt") {
    return Error(errors::jws_type, dump_json(typ).substr(0, 64),
                 "rfc8725#section-3.11: explicit type of this kind of token");
  }
  const std::string alg = header.contains("alg") && header["alg"].is_string() ? header["alg"] : Json("");
  if (std::find(std::begin(client_algorithms), std::end(client_algorithms), alg) == std::end(client_algorithms)) {
    return Error(errors::jws_algorithm, alg, "rfc8725#section-3.1: only the algorithms that are announced");
  }
  return alg;
}

Status verify_signature(const CompactJws& parts, const std::vector<ClientKey>& keys) {
  TEGATA_ASSIGN(const Json header, parse_jose_header(parts.header));
  TEGATA_ASSIGN(const std::string alg, verify_assertion_header(header));
  TEGATA_ASSIGN(const auto kid, json_optional_string(header, "kid"));
  TEGATA_ASSIGN(const Bytes signature, decode_part(parts.signature));
  bool tried = false;
  for (const auto& key : keys) {
    if ((kid && key.kid() != *kid) || !key.allows(alg)) continue;
    tried = true;
    if (key.verify(alg, as_bytes(parts.signed_part), signature)) return {};
  }
  if (tried)
    return Error(errors::jws_signature, {}, "rfc7515#section-5.2: the signature is right for the bytes as sent");
  return Error(errors::assertion_key_unknown, kid.value_or("no kid") + " " + alg,
               "oidc-core#ClientAuthentication: a key that the client registered");
}

bool names_only(const Json& audience, const std::string& issuer) {
  return audience == issuer || (audience.is_array() && audience.size() == 1 && audience.front() == issuer);
}

Status verify_parties(const Json& claims, const std::string& client_id, const std::string& issuer) {
  TEGATA_ASSIGN(const std::string iss, json_string(claims, "iss"));
  TEGATA_ASSIGN(const std::string sub, json_string(claims, "sub"));
  if (iss != client_id || sub != client_id) {
    return Error(errors::assertion_other_client, iss, "oidc-core#ClientAuthentication: iss and sub are the client_id");
  }
  if (!claims.contains("aud") || !names_only(claims["aud"], issuer)) {
    return Error(errors::assertion_other_audience, {}, "rfc7523#section-3: aud is this issuer and no other party");
  }
  return {};
}

Result<std::optional<Instant>> moment_of(const Json& claims, const char* name) {
  if (!claims.contains(name)) return std::optional<Instant>();
  // NumericDate may have a fraction.
  const Json& value = claims[name];
  if (!value.is_number() || !(value.get<double>() >= 0) || value.get<double>() > static_cast<double>(year_9999)) {
    return assertion_malformed(name);
  }
  return std::optional(from_unix_seconds(static_cast<std::int64_t>(value.get<double>())));
}

Result<Instant> verify_assertion_time(const Json& claims, Instant now) {
  TEGATA_ASSIGN(const auto end, moment_of(claims, "exp"));
  TEGATA_ASSIGN(const auto begin, moment_of(claims, "nbf"));
  TEGATA_ASSIGN(const auto made, moment_of(claims, "iat"));
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
  TEGATA_ASSIGN(const CompactJws parts, parse_compact_jws(token));
  TEGATA_ASSIGN(const Json claims, parse_claims(parts.payload));
  const auto sub = json_string(claims, "sub");
  if (!sub) return assertion_malformed("sub");
  return *sub;
}

Result<VerifiedAssertion> verify_client_assertion(std::string_view token, const std::vector<ClientKey>& keys,
                                                  const std::string& client_id, const std::string& issuer,
                                                  Instant now) {
  TEGATA_ASSIGN(const CompactJws parts, parse_compact_jws(token));
  TEGATA_TRY(verify_signature(parts, keys));
  TEGATA_ASSIGN(const Json claims, parse_claims(parts.payload));
  TEGATA_TRY(verify_parties(claims, client_id, issuer));
  TEGATA_ASSIGN(const Instant forget_after, verify_assertion_time(claims, now));
  const auto jti = json_string(claims, "jti");
  if (!jti || jti->empty() || jti->size() > longest_jti) return assertion_malformed("jti");
  return VerifiedAssertion(*jti, forget_after);
}

}  // namespace tegata::pass
