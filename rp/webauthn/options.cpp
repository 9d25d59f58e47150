#include "rp/webauthn/options.h"

namespace tegata::webauthn {
namespace {

const char* text(UserVerification verification) {
  switch (verification) {
    case UserVerification::preferred:
      return "preferred";
    case UserVerification::discouraged:
      return "discouraged";
    default:
      return "required";
  }
}

Json parameters(const std::vector<std::int64_t>& algorithms) {
  Json list = Json::array();
  for (const auto algorithm : algorithms) list.push_back({{"type", "public-key"}, {"alg", algorithm}});
  return list;
}

Json descriptor(const Bytes& id) { return {{"type", "public-key"}, {"id", base64url(id)}}; }

Json descriptor(const CredentialRecord& record) {
  Json json = descriptor(record.id);
  if (!record.transports.empty()) json["transports"] = record.transports;
  return json;
}

template <typename Credentials>
Json descriptors(const Credentials& credentials) {
  Json list = Json::array();
  for (const auto& credential : credentials) list.push_back(descriptor(credential));
  return list;
}

Json selection(const ExpectedRegistration& expected) {
  Json json = {{"residentKey", expected.resident_key_required ? "required" : "preferred"},
               {"requireResidentKey", expected.resident_key_required},
               {"userVerification", text(expected.policy.user_verification)}};
  if (!expected.authenticator_attachment.empty()) json["authenticatorAttachment"] = expected.authenticator_attachment;
  return json;
}

}  // namespace

Json creation_options(const ExpectedRegistration& expected, const std::string& rp_name, const CreationUser& user,
                      const std::vector<CredentialRecord>& exclude, const std::string& attestation,
                      std::int64_t timeout_ms) {
  return {{"rp", {{"id", expected.rp_id}, {"name", rp_name}}},
          {"user", {{"id", base64url(user.id)}, {"name", user.name}, {"displayName", user.display_name}}},
          {"challenge", base64url(expected.challenge)},
          {"pubKeyCredParams", parameters(expected.algorithms)},
          {"timeout", timeout_ms},
          {"excludeCredentials", descriptors(exclude)},
          {"authenticatorSelection", selection(expected)},
          {"attestation", attestation},
          {"extensions", {{"credProps", true}}}};
}

Json request_options(const ExpectedAuthentication& expected, std::int64_t timeout_ms) {
  return {{"challenge", base64url(expected.challenge)},
          {"timeout", timeout_ms},
          {"rpId", expected.rp_id},
          {"allowCredentials", descriptors(expected.allow_credentials)},
          {"userVerification", text(expected.policy.user_verification)}};
}

}  // namespace tegata::webauthn
