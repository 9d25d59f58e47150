// The client data of WebAuthn Level 3 section 5.8.1.
#pragma once

#include <optional>
#include <string>

#include "rp/base/json.h"

namespace tegata::webauthn::wire {

struct ClientData {
  std::string type;
  std::string challenge;  // base64url, as it stands there
  std::string origin;
  bool cross_origin = false;
  std::optional<std::string> top_origin;
  std::optional<Json> token_binding;  // as it stands there; reserved since Level 3
};

// Strips one byte order mark, then reads strictly; members that are not known are ignored.
// Error: webauthn_client_data_malformed, with the member and its fault as detail.
Result<ClientData> parse_client_data(ByteView json);

}  // namespace tegata::webauthn::wire
