// Token introspection (RFC 7662) for resource servers. Whatever is wrong with a token, the answer is the same:
// {"active":false}. The cause goes to the log and the audit record.
#pragma once

#include "rp/activation/client_authentication.h"

namespace tegata::activation {

// As JSON, or as a JWT (RFC 9701) on Accept: application/token-introspection+jwt.
// POST {facility}/introspect, {public}/introspect
http::Response introspect(const Services&, const http::Request&);

}  // namespace tegata::activation
