#include "rp/pass/compact_jws.h"

#include "rp/pass/errors.h"

namespace tegata::pass {

Result<CompactJws> parse_compact_jws(std::string_view token) {
  const Error malformed(errors::jws_malformed, "not three parts", "rfc7515#section-7.1: header.payload.signature");
  const auto first = token.find('.');
  if (token.size() > largest_token || first == token.npos) return malformed;
  const auto second = token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return malformed;
  return CompactJws{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                    token.substr(0, second)};
}

Result<Bytes> decode_part(std::string_view part) {
  auto bytes = parse_base64url(part);
  if (!bytes || bytes->empty()) {
    return Error(errors::jws_malformed, "a part is not base64url",
                 "rfc7515#section-5.2: decoded without extra characters");
  }
  return bytes;
}

Result<Json> parse_jose_header(std::string_view part) {
  TEGATA_ASSIGN(const Bytes raw, decode_part(part));
  auto header = parse_json(as_text(raw));
  if (!header || !header->is_object()) {
    return Error(errors::jws_malformed, "header",
                 "rfc7515#section-5.2: the header is one JSON object without duplicates");
  }
  return std::move(*header);
}

}  // namespace tegata::pass
