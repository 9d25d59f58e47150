// URIs of http and https, compared as RFC 3986 wants them compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tegata {

// In the one form that syntax and scheme give it (RFC 3986 sections 6.2.2 and 6.2.3; RFC 9110 section 4.2.3): scheme
// and host in lower case, no default or empty port, a path ("/" at least) without dot segments, percent-encoded only
// what must be, in capitals. The query stays where it is. Nothing where it is no absolute http or https URI (RFC 3986
// section 4.3: no fragment either), or names a user (RFC 9110 section 4.2.4).
std::optional<std::string> normalize_http_uri(std::string_view uri);

}  // namespace tegata
