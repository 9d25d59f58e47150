// Calls of OAuth clients, told from those of a person's pages: whoever refuses one before its endpoint has seen it (the
// proxy, the socket, the router) answers in the words of RFC 6749 section 5.2.
#pragma once

#include "rp/http/http.h"

namespace tegata::http {

// At the public origin; at the facility origin everything is one.
inline constexpr std::string_view oauth_paths[] = {
    "/token",
    "/introspect",
    "/revoke",
    "/par",
    "/backchannel",
    "/device_authorization",
    "/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
};
bool is_oauth_call(const Request&);

// JSON with `error` and `error_description`; 503 with Retry-After.
Response oauth_problem(const Error&);

}  // namespace tegata::http
