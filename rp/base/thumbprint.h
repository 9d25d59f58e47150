// SHA-256 thumbprints of certificates and keys, printed and taken in one form: base64url without padding, as x5t#S256
// (RFC 8705 section 3.1) and jkt (RFC 9449 section 6.1) have it. 43 characters.
#pragma once

#include <string_view>
#include <utility>

#include "rp/base/bytes.h"

namespace tegata {

// Error: base64url_malformed; its detail says what is expected, and what it is where it is hexadecimal.
Result<Digest> parse_thumbprint(std::string_view text);

// The first and the last of those that begin so; at least 8 characters. Error: likewise.
Result<std::pair<Digest, Digest>> parse_thumbprint_beginning(std::string_view text);

}  // namespace tegata
