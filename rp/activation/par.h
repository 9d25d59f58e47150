// Pushed authorization requests (RFC 9126): a client proves who it is and leaves its request before the browser comes.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

inline constexpr std::string_view request_uri_prefix = "urn:ietf:params:oauth:request_uri:";

// POST {facility}/par, {public}/par: 201 with request_uri, good once and for a short while.
http::Response push_authorization(const Services&, const http::Request&);

}  // namespace tegata::activation
