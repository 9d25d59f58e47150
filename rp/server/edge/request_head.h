// The head of a request, octet by octet as the proxy sent it (RFC 9112, sections 3 to 6). Pure.
//
// Nothing is decoded, folded or joined: what handlers see of a header is what the browser sent. One reading serves both
// the handlers and the framing of the body.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "rp/base/result.h"

namespace tegata::server::edge {

inline constexpr std::size_t largest_head = 64 * 1024;  // octets, with the empty line
inline constexpr std::size_t largest_body = 32 * 1024;  // octets

struct RawRequest {
  std::string method;
  std::string target;                               // as on the request line
  std::multimap<std::string, std::string> headers;  // names in lower case; lines of one name in their order
  std::string body;
};

// What our proxy would never have sent: request_not_from_proxy.
Error not_from_proxy(const std::string& why);

// `head` ends with its empty line. Without a body yet. Error: request_not_from_proxy.
Result<RawRequest> parse_request_head(std::string_view head);

// How many octets of body follow the head. Error: request_not_from_proxy, also for what the proxy never sends: another
// method, a transfer coding, a second length, a GET with a body, more than `largest_body`.
Result<std::size_t> body_size(const RawRequest& head);

}  // namespace tegata::server::edge
