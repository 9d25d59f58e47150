// Octet strings and the few things that everyone does with them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rp/base/result.h"

namespace tegata {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// The bytes of a text, as they are.
ByteView as_bytes(std::string_view text);
std::string_view as_text(ByteView bytes);
Bytes to_bytes(ByteView view);

// A SHA-256 value; also how every secret is stored (all our secrets have 128 bits and more).
using Digest = std::array<std::uint8_t, 32>;
Digest sha256(ByteView data);
inline Digest sha256(std::string_view text) { return sha256(as_bytes(text)); }
Digest hmac_sha256(ByteView key, ByteView data);

// Octets as a digest; nothing where they are not 32.
std::optional<Digest> to_digest(ByteView octets);

// Takes time that depends on the lengths only. Different lengths are unequal.
bool equal_constant_time(ByteView a, ByteView b);

// Base64url without padding (RFC 4648 section 5). Decoding is strict: no padding, no other
// alphabet, no white space, no non-zero trailing bits. Error: base64url_malformed.
std::string base64url(ByteView data);
Result<Bytes> parse_base64url(std::string_view text);

// Base64 with padding (RFC 4648 section 4), as strict. Error: base64_malformed.
std::string base64(ByteView data);
Result<Bytes> parse_base64(std::string_view text);

// Lower-case hexadecimal. Error: hex_malformed.
std::string hex(ByteView data);
Result<Bytes> parse_hex(std::string_view text);

}  // namespace tegata
