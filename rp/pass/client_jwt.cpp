#include "rp/pass/client_jwt.h"

#include <algorithm>

#include "rp/base/media_type.h"
#include "rp/pass/compact_jws.h"
#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

constexpr std::int64_t year_9999 = 253'402'300'799;

Result<std::string> verify_client_header(const Json& header, std::initializer_list<std::string_view> types) {
  if (header.contains("crit") || header.contains("b64")) {
    return Error(errors::jws_header_member, "crit", "rfc7515#section-4.1.11: what is not understood is not accepted");
  }
  const Json typ = header.value("typ", Json("JWT"));
  const std::string name = typ.is_string() ? typ.get<std::string>() : "";
  if (std::none_of(types.begin(), types.end(), [&](auto one) { return is_jose_type(name, one); })) {
    return Error(errors::jws_type, dump_json(typ).substr(0, 64),
                 "rfc8725#section-3.11: explicit type of this kind of token");
  }
  const std::string alg = header.contains("alg") && header["alg"].is_string() ? header["alg"] : Json("");
  if (std::find(std::begin(client_algorithms), std::end(client_algorithms), alg) == std::end(client_algorithms)) {
    return Error(errors::jws_algorithm, alg, "rfc8725#section-3.1: only the algorithms that are announced");
  }
  return alg;
}

// Gives the thumbprint of the key.
Result<Digest> verify_signature(const CompactJws& parts, const std::vector<ClientKey>& keys,
                                std::initializer_list<std::string_view> types) {
  TEGATA_ASSIGN(const Json header, parse_jose_header(parts.header));
  TEGATA_ASSIGN(const std::string alg, verify_client_header(header, types));
  TEGATA_ASSIGN(const auto kid, json_optional_string(header, "kid"));
  TEGATA_ASSIGN(const Bytes signature, decode_part(parts.signature));
  bool tried = false;
  for (const auto& key : keys) {
    if ((kid && key.kid() != *kid) || !key.allows(alg)) continue;
    tried = true;
    if (key.verify(alg, as_bytes(parts.signed_part), signature)) return key.thumbprint();
  }
  if (tried)
    return Error(errors::jws_signature, {}, "rfc7515#section-5.2: the signature is right for the bytes as sent");
  return Error(errors::assertion_key_unknown, kid.value_or("no kid") + " " + alg,
               "oidc-core#ClientAuthentication: a key that the client registered");
}

Result<Json> parse_claims(std::string_view part, Malformed malformed) {
  TEGATA_ASSIGN(const Bytes payload, decode_part(part));
  auto claims = parse_json(as_text(payload));
  if (!claims || !claims->is_object()) return malformed("payload");
  return std::move(*claims);
}

}  // namespace

Result<Json> parse_client_claims(std::string_view token, Malformed malformed) {
  TEGATA_ASSIGN(const CompactJws parts, parse_compact_jws(token));
  return parse_claims(parts.payload, malformed);
}

Result<ClientJwt> verify_client_jwt(std::string_view token, const std::vector<ClientKey>& keys,
                                    std::initializer_list<std::string_view> types, Malformed malformed) {
  ClientJwt out;
  TEGATA_ASSIGN(const CompactJws parts, parse_compact_jws(token));
  TEGATA_ASSIGN(out.key, verify_signature(parts, keys, types));
  TEGATA_ASSIGN(out.claims, parse_claims(parts.payload, malformed));
  return out;
}

bool is_meant_for(const Json& claims, const std::string& issuer) {
  const Json audience = claims.value("aud", Json());
  return audience == issuer || (audience.is_array() && audience.size() == 1 && audience.front() == issuer);
}

Result<std::optional<Instant>> moment_of(const Json& claims, const char* name, Malformed malformed) {
  if (!claims.contains(name)) return std::optional<Instant>();
  const Json& value = claims[name];
  if (!value.is_number() || !(value.get<double>() >= 0) || value.get<double>() > static_cast<double>(year_9999)) {
    return malformed(name);
  }
  return std::optional(from_unix_seconds(static_cast<std::int64_t>(value.get<double>())));
}

}  // namespace tegata::pass
