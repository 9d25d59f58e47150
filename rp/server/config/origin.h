// Origins and RP IDs of the configuration: only what a browser sends in Origin and Host, and takes for an RP ID.
#pragma once

#include <string>

#include "rp/base/result.h"

namespace tegata::server::config {

// Scheme is https and nothing stands behind the port.
struct OriginParts {
  std::string host;  // lower case; may begin with "*."
  int port = 443;
  std::string authority() const;  // as browsers write Host: without the port where it is 443
};

// One text for one origin: "https://host" or "https://host:port", where host is a domain name in lower case, or "*."
// before one. Error: config_invalid, whose detail says what is wrong and what to write instead, to be read behind the
// name of a setting ("has the port 443, which browsers leave out: write https://host").
// Source: URL Standard (host parsing, serialization), RFC 6454 section 6.1, RFC 1035 section 2.3.4 (lengths).
Result<OriginParts> parse_origin(const std::string& origin);

// Whether browsers let pages of `host` use that RP ID: the host itself or a domain above it that somebody can register,
// no address, and no single label but localhost. Error: config_invalid, worded like the above.
// Source: WebAuthn Level 3 section 5.1.3 (effective domain), HTML Standard (registrable domain suffix).
Status verify_rp_id(const std::string& rp_id, const std::string& host);

}  // namespace tegata::server::config
