// The key file of the software phone: {"aaguid", "attestation": {"root", "key", "path"}, "credentials": [...]}.
#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/sandbox/authenticator/errors.h"
#include "rp/sandbox/authenticator/keys.h"

namespace tegata::sandbox::authenticator {
namespace {

Json to_json(const SoftwareCredential& credential) {
  return {{"id", base64url(credential.id)},
          {"rp_id", credential.rp_id},
          {"user_handle", base64url(credential.user_handle)},
          {"user_name", credential.user_name},
          {"algorithm", credential.algorithm},
          {"private_key", base64url(private_key_der(credential.key))},
          {"sign_count", credential.sign_count}};
}

Result<test_pki::Key> read_key(const Json& json, std::string_view name) {
  TEGATA_ASSIGN(const Bytes der, json_base64url(json, name));
  test_pki::Key key = parse_private_key(der);
  if (!key) return Error(errors::authenticator_file_malformed, std::string(name));
  return key;
}

Result<SoftwareCredential> read_credential(const Json& json) {
  SoftwareCredential credential;
  TEGATA_ASSIGN(credential.id, json_base64url(json, "id"));
  TEGATA_ASSIGN(credential.rp_id, json_string(json, "rp_id"));
  TEGATA_ASSIGN(credential.user_handle, json_base64url(json, "user_handle"));
  TEGATA_ASSIGN(credential.user_name, json_string(json, "user_name"));
  TEGATA_ASSIGN(credential.algorithm, json_integer(json, "algorithm"));
  if (!can_make_key(credential.algorithm)) return Error(errors::authenticator_file_malformed, "algorithm");
  TEGATA_ASSIGN(credential.key, read_key(json, "private_key"));
  TEGATA_ASSIGN(const std::int64_t count, json_integer(json, "sign_count"));
  if (count < 0 || count > UINT32_MAX) return Error(errors::authenticator_file_malformed, "sign_count");
  credential.sign_count = static_cast<std::uint32_t>(count);
  return credential;
}

Result<test_pki::Identity> read_root(const Json& json) {
  test_pki::Identity root;
  TEGATA_ASSIGN(root.key, read_key(json, "root_key"));
  TEGATA_ASSIGN(const Bytes bytes, json_base64url(json, "root"));
  const unsigned char* cursor = bytes.data();
  root.certificate = test_pki::Certificate(d2i_X509(nullptr, &cursor, static_cast<long>(bytes.size())), X509_free);
  if (!root.certificate) return Error(errors::authenticator_file_malformed, "root");
  return root;
}

}  // namespace

Json Authenticator::save() const {
  Json path = Json::array();
  for (const Bytes& certificate : attestation_path_) path.push_back(base64url(certificate));
  Json credentials = Json::array();
  for (const auto& credential : credentials_) credentials.push_back(to_json(credential));
  return {{"aaguid", base64url(aaguid_)},
          {"attestation",
           {{"root", base64url(attestation_root())},
            {"root_key", base64url(private_key_der(root_.key))},
            {"key", base64url(private_key_der(attestation_key_))},
            {"path", path}}},
          {"credentials", credentials}};
}

Result<Authenticator> Authenticator::load(const Json& json) {
  Authenticator authenticator;
  TEGATA_ASSIGN(authenticator.aaguid_, json_base64url(json, "aaguid"));
  if (authenticator.aaguid_.size() != 16) return Error(errors::authenticator_file_malformed, "aaguid");
  TEGATA_ASSIGN(const Json attestation, json_object(json, "attestation"));
  TEGATA_ASSIGN(authenticator.root_, read_root(attestation));
  TEGATA_ASSIGN(authenticator.attestation_key_, read_key(attestation, "key"));
  TEGATA_ASSIGN(const auto path, json_strings(attestation, "path"));
  for (const auto& text : path) {
    TEGATA_ASSIGN(Bytes certificate, parse_base64url(text));
    authenticator.attestation_path_.push_back(std::move(certificate));
  }
  if (!json.contains("credentials") || !json["credentials"].is_array()) {
    return Error(errors::authenticator_file_malformed, "credentials");
  }
  for (const Json& entry : json["credentials"]) {
    TEGATA_ASSIGN(SoftwareCredential credential, read_credential(entry));
    authenticator.credentials_.push_back(std::move(credential));
  }
  return authenticator;
}

}  // namespace tegata::sandbox::authenticator
