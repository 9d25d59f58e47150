// What the browser is asked for: PublicKeyCredentialCreationOptionsJSON and PublicKeyCredentialRequestOptionsJSON.
#pragma once

#include "rp/webauthn/authentication.h"

namespace tegata::webauthn {

struct CreationUser {
  Bytes id;          // user handle
  std::string name;  // what account pickers show
  std::string display_name;
};

// What the ExpectedRegistration will check, its wishes, and attestation as asked ("none", "direct"). The identifiers in
// `extensions` are asked for with the input `true`.
Json creation_options(const ExpectedRegistration&, const std::string& rp_name, const CreationUser&,
                      const std::vector<CredentialRecord>& exclude, const std::string& attestation,
                      std::int64_t timeout_ms);
// `known` tells the transports of those credentials that are allowed.
Json request_options(const ExpectedAuthentication&, std::int64_t timeout_ms,
                     const std::vector<CredentialRecord>& known = {});

}  // namespace tegata::webauthn
