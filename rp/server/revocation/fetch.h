// One file from an address of the configuration, within bounds: "http://host[:port]/path" or "file:/path".
//
// HTTP/1.0 by our own hand: the library's client gives up on a server that is silent, but not on one that drips, and
// reads a header line of any length.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "rp/base/bytes.h"
#include "rp/base/result.h"
#include "rp/base/world.h"

namespace tegata::server::revocation {

struct FetchLimits {
  std::size_t most;                            // octets
  std::chrono::milliseconds deadline{30'000};  // for everything but the resolver, which has a time of its own
};

struct HttpAddress {
  std::string host;  // without the brackets of an IPv6 address
  std::string port = "80";
  std::string authority;  // as in the address, for Host
  std::string target;     // begins with "/"
};
// Nothing for other schemes, user names, fragments and characters that no address has.
std::optional<HttpAddress> parse_http_address(const std::string& address);

// `stopping` is asked several times a second. Redirects are not followed.
// Errors: revocation_unreachable (also a file that is too large, or that anybody may write), card_revocation_too_large.
Result<Bytes> fetch(const std::string& address, const FetchLimits&, const Clock&,
                    const std::function<bool()>& stopping);

}  // namespace tegata::server::revocation
