// The token endpoint: device codes (RFC 8628 section 3.4), authorization codes (RFC 6749 section 4.1.3, RFC 7636) and
// CIBA polls (CIBA Core section 10.1), of one transaction engine.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

inline constexpr std::string_view device_code_grant = "urn:ietf:params:oauth:grant-type:device_code";
inline constexpr std::string_view authorization_code_grant = "authorization_code";
inline constexpr std::string_view ciba_grant = "urn:openid:params:grant-type:ciba";

// POST {facility}/token, {public}/token
http::Response token(const Services&, const http::Request&);

}  // namespace tegata::activation
