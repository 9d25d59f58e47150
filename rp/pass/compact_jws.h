// The compact form of a JSON Web Signature (RFC 7515 section 7.1), cut but not believed: whoever calls judges header
// and signature before the payload is read.
#pragma once

#include <optional>
#include <string_view>

#include "rp/base/json.h"

namespace tegata::pass {

inline constexpr std::size_t largest_token = 8 * 1024;
inline constexpr std::size_t longest_jti = 256;  // of what others make

struct CompactJws {
  std::string_view header, payload, signature;
  std::string_view signed_part;  // header "." payload, as sent
};

// Three parts and no more. Error: jws_malformed.
Result<CompactJws> parse_compact_jws(std::string_view token);

// Strict base64url, not empty. Error: jws_malformed.
Result<Bytes> decode_part(std::string_view part);

// One JSON object without duplicates. Error: jws_malformed.
Result<Json> parse_jose_header(std::string_view part);

}  // namespace tegata::pass
