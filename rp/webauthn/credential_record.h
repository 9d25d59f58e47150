// The credential record of WebAuthn Level 3 section 4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/webauthn/wire/key_protection.h"

namespace tegata::webauthn {

struct CredentialRecord {
  Bytes id;                    // 1 to 1023 bytes
  Bytes public_key;            // COSE_Key as the authenticator sent it
  std::int64_t algorithm = 0;  // COSE identifier, e.g. -7
  std::uint32_t sign_count = 0;
  bool uv_initialized = false;
  bool backup_eligible = false;
  bool backup_state = false;
  std::vector<std::string> transports;
  Bytes aaguid;  // 16 bytes
  Bytes attestation_object;
  Bytes attestation_client_data_json;
  std::string attestation_format;  // "none", "packed"
  std::string attestation_type;  // "none", "self", "unverified" (x5c, no anchor reached), "trusted" (path to an anchor)
  // As judged last; never more than unproven where the key may be copied (backup_eligible).
  wire::KeyProtection key_protection = wire::KeyProtection::unproven;
  std::string rp_id;
};

}  // namespace tegata::webauthn
