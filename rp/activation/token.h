// The token endpoint: polling and redemption of device codes (RFC 8628 sections 3.4 and 3.5).
//
// One activation gives one pass. Within a minute the same client with the same certificate gets that pass again; anyone
// else who comes with a redeemed code ends it, and that is an alarm.
#pragma once

#include "rp/activation/client_authentication.h"

namespace tegata::activation {

inline constexpr std::string_view device_code_grant = "urn:ietf:params:oauth:grant-type:device_code";

// POST {facility}/token
http::Response token(const Services&, const http::Request&);

}  // namespace tegata::activation
