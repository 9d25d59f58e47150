#include "rp/webauthn/wire/policy.h"

#include <array>

namespace tegata::webauthn::wire {

Policy standard_policy() {
  Policy policy;
  policy.attestation = AttestationAcceptance::verify;
  policy.unsolicited_extensions = UnsolicitedExtensions::ignore;
  policy.aaguids.others_allowed = true;
  policy.backup_eligible_allowed = true;
  policy.token_binding_ignored = true;
  policy.android_key_software_allowed = true;
  policy.known_model_untrusted_allowed = true;  // makers get new roots before metadata names them
  policy.root_in_x5c_allowed = true;
  return policy;
}

Policy strict_policy() {
  Policy policy;
  policy.unsolicited_extensions = UnsolicitedExtensions::ignore;
  policy.aaguids.others_allowed = true;
  policy.token_binding_ignored = true;
  policy.root_in_x5c_allowed = true;  // Android's chains carry theirs
  return policy;
}

Policy fido_conformance_policy() {
  Policy policy = standard_policy();
  policy.token_binding_ignored = false;
  policy.assertion_without_user_presence_allowed = true;
  policy.android_safetynet_allowed = true;
  policy.tpm_manufacturer_unknown_allowed = true;  // the tool names one of its own
  policy.known_model_untrusted_allowed = false;
  policy.root_in_x5c_allowed = false;
  return policy;
}

Policy w3c_policy() {
  Policy policy = standard_policy();
  policy.user_verification = UserVerification::preferred;
  policy.cross_origin_allowed = true;
  policy.any_top_origin_allowed = true;
  policy.android_key_without_authorizations_allowed = true;
  policy.fido_u2f_aaguid_allowed = true;
  policy.tpm_manufacturer_unknown_allowed = true;
  return policy;
}

std::optional<Policy> find_policy(std::string_view name) {
  struct Named {
    std::string_view name;
    Policy (*make)();
  };
  constexpr std::array profiles{Named{"standard", standard_policy}, Named{"strict", strict_policy},
                                Named{"fido-conformance", fido_conformance_policy}, Named{"w3c", w3c_policy}};
  for (const Named& profile : profiles) {
    if (profile.name == name) return profile.make();
  }
  return std::nullopt;
}

}  // namespace tegata::webauthn::wire
