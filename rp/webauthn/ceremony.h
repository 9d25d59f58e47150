// What both ceremonies check in the same way (WebAuthn Level 3 sections 7.1 and 7.2). Pure.
#pragma once

#include "rp/webauthn/registration.h"
#include "rp/webauthn/wire/authenticator_data.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/client_data.h"

namespace tegata::webauthn {

// A view of what either ceremony expects.
struct ExpectedCeremony {
  std::string_view type;
  const Bytes& challenge;
  const std::vector<std::string>& origins;
  const wire::Policy& policy;
  const std::vector<std::string>& top_origins;
  const std::vector<std::string>& extensions;
  const std::string& rp_id;
  bool user_presence_required;
  const wire::CeremonyClauses& clauses;
};

// Parses and judges. Errors: webauthn_client_data_malformed, webauthn_type_mismatch, webauthn_challenge_mismatch,
// webauthn_origin_mismatch, webauthn_cross_origin, webauthn_top_origin, webauthn_token_binding_malformed.
Status verify_client_data(const ExpectedCeremony&, ByteView client_data_json);

// Errors: webauthn_rp_id_mismatch, webauthn_reserved_flags, webauthn_user_not_present, webauthn_user_not_verified,
// webauthn_backup_state_without_eligibility.
Status verify_flags(const ExpectedCeremony&, const wire::AuthenticatorData&);

// Extension outputs of the authenticator and of the client that nobody asked for: ignored, or refused where the policy
// says so. Error: webauthn_extension_unsolicited.
Status verify_extensions(const ExpectedCeremony&, const wire::AuthenticatorData&, const Json& client_results);

// What both kinds of signature are made over.
Bytes signed_bytes(ByteView authenticator_data, ByteView client_data_json);

}  // namespace tegata::webauthn
