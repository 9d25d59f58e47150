#include "rp/webauthn/options.h"

#include <algorithm>

namespace tegata::webauthn {
namespace {

const char* text(wire::UserVerification verification) {
  switch (verification) {
    case wire::UserVerification::preferred:
      return "preferred";
    case wire::UserVerification::discouraged:
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

Json descriptors(const std::vector<CredentialRecord>& credentials) {
  Json list = Json::array();
  for (const auto& credential : credentials) list.push_back(descriptor(credential));
  return list;
}

Json allowed(const std::vector<Bytes>& ids, const std::vector<CredentialRecord>& known) {
  Json list = Json::array();
  for (const auto& id : ids) {
    const auto record = std::ranges::find(known, id, &CredentialRecord::id);
    list.push_back(record == known.end() ? descriptor(id) : descriptor(*record));
  }
  return list;
}

Json asked(const std::vector<std::string>& extensions) {
  Json inputs = Json::object();
  for (const auto& identifier : extensions) inputs[identifier] = true;
  return inputs;
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
          {"hints", expected.hints},
          {"attestation", attestation},
          {"attestationFormats", expected.attestation_formats},
          {"extensions", asked(expected.extensions)}};
}

Json request_options(const ExpectedAuthentication& expected, std::int64_t timeout_ms,
                     const std::vector<CredentialRecord>& known) {
  return {{"challenge", base64url(expected.challenge)},
          {"timeout", timeout_ms},
          {"rpId", expected.rp_id},
          {"allowCredentials", allowed(expected.allow_credentials, known)},
          {"userVerification", text(expected.policy.user_verification)},
          {"hints", expected.hints},
          {"extensions", asked(expected.extensions)}};
}

}  // namespace tegata::webauthn
