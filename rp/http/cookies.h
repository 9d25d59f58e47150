// Cookies as a browser sent them (RFC 6265, section 5.4), read octet by octet: whoever may write cookies for a
// neighbouring name or over plain http must not be able to write one of ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rp/base/result.h"

namespace tegata::http {

struct Cookie {
  std::string name, value;
};

// Every name of ours begins so, but for `lang`, which decides nothing but the language.
inline constexpr std::string_view own_prefix = "__Host-tegata-";

// A browser owns several hand-offs at a time, each by a cookie of its own: a kind that ends with "-", and what the
// hand-off is known by, without one. Of a kind no more are read than these.
inline constexpr std::size_t most_of_a_kind = 8;
// "__Host-tegata-phone-" of "__Host-tegata-phone-0a1b"; empty for a cookie that is the only one of its name.
std::string_view kind_of(std::string_view name);

// Our own cookies in the order of the lines (browsers send the oldest first), of a kind the last eight; others are
// passed over, whatever they hold. Error: http_cookies_unusable, where a name stands twice that no browser can hold
// twice (RFC 6265bis, section 4.1.3.2).
Result<std::vector<Cookie>> parse_cookies(const std::vector<std::string_view>& lines);

}  // namespace tegata::http
