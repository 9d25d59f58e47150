#include "rp/pass/jws.h"

#include <optional>

#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

struct Parts {
  std::string_view header, payload, signature;
  std::string_view signed_part;  // header "." payload, as sent
};

std::optional<Parts> split(std::string_view token) {
  const auto first = token.find('.');
  if (token.size() > largest_token || first == token.npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

Result<Bytes> decode(std::string_view part) {
  auto bytes = parse_base64url(part);
  if (!bytes || bytes->empty()) {
    return Error(errors::jws_malformed, "a part is not base64url",
                 "rfc7515#section-5.2: decoded without extra characters");
  }
  return bytes;
}

Result<Json> parse_header(std::string_view part) {
  TEGATA_ASSIGN(const Bytes raw, decode(part));
  auto header = parse_json(as_text(raw));
  if (!header || !header->is_object()) {
    return Error(errors::jws_malformed, "header",
                 "rfc7515#section-5.2: the header is one JSON object without duplicates");
  }
  for (const auto& [name, value] : header->items()) {
    if ((name != "alg" && name != "kid" && name != "typ") || !value.is_string()) {
      return Error(errors::jws_header_member, "unexpected header member",
                   "rfc7515#section-4.1.11: what is not understood is not accepted");
    }
  }
  return std::move(*header);
}

Result<const SigningKey*> choose_key(const Json& header, const KeySet& keys, std::string_view typ) {
  if (header.value("alg", "") != "ES256") {
    return Error(errors::jws_algorithm, header.value("alg", ""), "rfc8725#section-3.1: only the key's own algorithm");
  }
  if (header.value("typ", "") != typ) {
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
  const auto parts = split(token);
  if (!parts) return Error(errors::jws_malformed, "not three parts", "rfc7515#section-7.1: header.payload.signature");
  TEGATA_ASSIGN(const Json header, parse_header(parts->header));
  TEGATA_ASSIGN(const SigningKey* key, choose_key(header, keys, typ));
  TEGATA_ASSIGN(const Bytes payload, decode(parts->payload));
  TEGATA_ASSIGN(const Bytes signature, decode(parts->signature));
  if (!key->verify(as_bytes(parts->signed_part), signature)) {
    return Error(errors::jws_signature, {}, "rfc7515#section-5.2: the signature is right for the bytes as sent");
  }
  TEGATA_ASSIGN(Json claims, parse_json(as_text(payload)));
  if (!claims.is_object()) return Error(errors::pass_claims_malformed, "payload is no object");
  return VerifiedJws(std::move(claims), key->kid());
}

}  // namespace tegata::pass
