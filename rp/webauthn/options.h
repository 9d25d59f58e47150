// What the browser is asked for: PublicKeyCredentialCreationOptionsJSON and PublicKeyCredentialRequestOptionsJSON.
#pragma once

#include "rp/webauthn/authentication.h"

namespace tegata::webauthn {

struct CreationUser {
  Bytes id;          // user handle
  std::string name;  // what account pickers show
  std::string display_name;
};

// Platform authenticator, residentKey required, UV required, attestation as asked ("none", "direct").
Json creation_options(const ExpectedRegistration&, const std::string& rp_name, const CreationUser&,
                      const std::vector<CredentialRecord>& exclude, const std::string& attestation,
                      std::int64_t timeout_ms);
Json request_options(const ExpectedAuthentication&, std::int64_t timeout_ms);

}  // namespace tegata::webauthn
