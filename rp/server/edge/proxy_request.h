// From what the proxy sent to what handlers speak. Pure.
//
// The proxy removes every header of these names that came from outside and sets them anew; they are believed
// because only the proxy can reach the socket. Everything that it would never send is refused.
#pragma once

#include "rp/http/http.h"
#include "rp/server/edge/request_head.h"

namespace tegata::server::edge {

// The headers that handlers may read; no other reaches them. tests/checks holds the list to the code.
inline constexpr std::string_view handed_on[] = {
    "accept",         "accept-language", "authorization",  "content-type",    "dpop",
    "if-none-match",  "origin",          "sec-ch-ua",      "sec-ch-ua-model", "sec-ch-ua-platform",
    "sec-fetch-dest", "sec-fetch-mode",  "sec-fetch-site", "user-agent",
};

// Errors: request_not_from_proxy, client_cert_malformed, those of http::parse_cookies.
Result<http::Request> parse_proxy_request(http::Origin, RawRequest raw);

// Of a request that is refused: what the log and the form of the answer need, as far as it can be read.
http::Request outline(http::Origin, const RawRequest& raw);

// RFC 9440 section 2.2: one byte sequence of RFC 8941, ":" base64 ":". Error: client_cert_malformed.
Result<Bytes> parse_client_cert(std::string_view value);

}  // namespace tegata::server::edge
