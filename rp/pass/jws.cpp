#include "rp/pass/jws.h"

#include "rp/base/media_type.h"
#include "rp/pass/compact_jws.h"
#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

Result<Json> parse_header(std::string_view part) {
  TEGATA_ASSIGN(Json header, parse_jose_header(part));
  for (const auto& [name, value] : header.items()) {
    if ((name != "alg" && name != "kid" && name != "typ") || !value.is_string()) {
      return Error(errors::jws_header_member, "unexpected header member",
                   "rfc7515#section-4.1.11: what is not understood is not accepted");
    }
  }
  return header;
}

Result<const SigningKey*> choose_key(const Json& header, const KeySet& keys, std::string_view typ) {
  if (header.value("alg", "") != "ES256") {
    return Error(errors::jws_algorithm, header.value("alg", ""), "rfc8725#section-3.1: only the key's own algorithm");
  }
  if (!is_jose_type(header.value("typ", ""), typ)) {
    return Error(errors::jws_type, header.value("typ", ""),
                 "rfc8725#section-3.11: explicit type of this kind of token");
  }
  const SigningKey* key = keys.find(header.value("kid", ""));
  if (key == nullptr) return Error(errors::jws_key_unknown, header.value("kid", ""));
  return key;
}

}  // namespace

Result<std::string> sign_jws(const SigningKey& key, std::string_view typ, const Json& claims) {
  const Json header = {{"alg", "ES256"}, {"kid", key.kid()}, {"typ", typ}};
  std::string token = base64url(as_bytes(dump_json(header))) + "." + base64url(as_bytes(dump_json(claims)));
  TEGATA_ASSIGN(const Bytes signature, key.sign(as_bytes(token)));
  return token + "." + base64url(signature);
}

Result<VerifiedJws> verify_jws(std::string_view token, const KeySet& keys, std::string_view typ) {
  TEGATA_ASSIGN(const CompactJws parts, parse_compact_jws(token));
  TEGATA_ASSIGN(const Json header, parse_header(parts.header));
  TEGATA_ASSIGN(const SigningKey* key, choose_key(header, keys, typ));
  TEGATA_ASSIGN(const Bytes payload, decode_part(parts.payload));
  TEGATA_ASSIGN(const Bytes signature, decode_part(parts.signature));
  if (!key->verify(as_bytes(parts.signed_part), signature)) {
    return Error(errors::jws_signature, {}, "rfc7515#section-5.2: the signature is right for the bytes as sent");
  }
  TEGATA_ASSIGN(Json claims, parse_json(as_text(payload)));
  if (!claims.is_object()) return Error(errors::pass_claims_malformed, "payload is no object");
  return VerifiedJws(std::move(claims), key->kid());
}

}  // namespace tegata::pass
