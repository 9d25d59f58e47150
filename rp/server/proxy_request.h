// From what the proxy sent to what handlers speak. Pure.
//
// The proxy removes every header of these names that came from outside and sets them anew; they are believed
// because only the proxy can reach the socket. Everything that it would never send is refused.
#pragma once

#include <map>
#include <string>

#include "rp/http/http.h"

namespace tegata::server {

inline constexpr std::size_t largest_body = 32 * 1024;  // bytes, of a request

struct RawRequest {
  std::string method;
  std::string target;  // as on the request line
  std::multimap<std::string, std::string> headers;
  std::string body;
};

// Errors: request_not_from_proxy, client_cert_malformed.
Result<http::Request> parse_proxy_request(http::Origin, RawRequest raw);

// Of a request that is refused: what the log and the form of the answer need, as far as it can be read.
http::Request outline(http::Origin, const RawRequest& raw);

// RFC 9440 section 2.2: one byte sequence of RFC 8941, ":" base64 ":". Error: client_cert_malformed.
Result<Bytes> parse_client_cert(std::string_view value);

}  // namespace tegata::server
