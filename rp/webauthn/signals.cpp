#include "rp/webauthn/signals.h"

namespace tegata::webauthn {

Json unknown_credential_signal(const std::string& rp_id, const Bytes& credential_id) {
  return {{"rpId", rp_id}, {"credentialId", base64url(credential_id)}};
}

Json all_accepted_credentials_signal(const std::string& rp_id, const Bytes& user_handle,
                                     const std::vector<CredentialRecord>& accepted) {
  Json ids = Json::array();
  for (const auto& record : accepted) ids.push_back(base64url(record.id));
  return {{"rpId", rp_id}, {"userId", base64url(user_handle)}, {"allAcceptedCredentialIds", ids}};
}

Json current_user_details_signal(const std::string& rp_id, const CreationUser& user) {
  return {{"rpId", rp_id}, {"userId", base64url(user.id)}, {"name", user.name}, {"displayName", user.display_name}};
}

}  // namespace tegata::webauthn
