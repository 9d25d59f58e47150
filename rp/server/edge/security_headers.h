// What every answer says to browsers, whichever handler made it.
#pragma once

#include "rp/http/http.h"

namespace tegata::server::edge {

// Sets what the handler did not set itself: Content-Security-Policy, Strict-Transport-Security, X-Content-Type-Options,
// Referrer-Policy, Permissions-Policy, Cross-Origin-*, Cache-Control: no-store; on the phone's pages Accept-CH too.
void add_security_headers(const http::Request&, http::Response&);

}  // namespace tegata::server::edge
