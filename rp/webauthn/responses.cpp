// RegistrationResponseJSON and AuthenticationResponseJSON (WebAuthn Level 3 section 5.1): every
// member typed and bounded, none judged.
#include "rp/webauthn/authentication.h"
#include "rp/webauthn/wire/authenticator_data.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn {
namespace {

constexpr std::size_t max_client_data = 16 * 1024;
constexpr std::size_t max_attestation_object = 64 * 1024;
constexpr std::size_t max_authenticator_data = 16 * 1024;
constexpr std::size_t max_signature = 8 * 1024;
constexpr std::size_t max_user_handle = 64;
constexpr std::size_t max_transports = 16;
constexpr std::size_t max_transport = 32;

Error too_large(std::string_view name) { return Error(errors::webauthn_response_too_large, std::string(name)); }

Result<Bytes> bounded(const Json& object, std::string_view name, std::size_t limit) {
  TEGATA_ASSIGN(Bytes bytes, json_base64url(object, name));
  TEGATA_REQUIRE(bytes.size() <= limit, too_large(name));
  return bytes;
}

// id, rawId and type.
Result<Bytes> parse_credential(const Json& json) {
  TEGATA_ASSIGN(Bytes id, json_base64url(json, "id"));
  TEGATA_ASSIGN(const Bytes raw_id, json_base64url(json, "rawId"));
  TEGATA_ASSIGN(const std::string type, json_string(json, "type"));
  TEGATA_REQUIRE(type == "public-key", Error(errors::webauthn_credential_type, {}, wire::clauses::credential_json));
  TEGATA_REQUIRE(id == raw_id, Error(errors::webauthn_raw_id_mismatch, {}, wire::clauses::credential_json));
  TEGATA_REQUIRE(!id.empty() && id.size() <= wire::max_credential_id,
                 Error(errors::webauthn_credential_id_length, std::to_string(id.size()), wire::clauses::credential_id));
  return id;
}

Result<std::vector<std::string>> parse_transports(const Json& response) {
  TEGATA_ASSIGN(auto transports, json_strings(response, "transports"));
  TEGATA_REQUIRE(transports.size() <= max_transports, too_large("transports"));
  for (const auto& transport : transports) {
    TEGATA_REQUIRE(transport.size() <= max_transport, too_large("transports"));
  }
  return transports;
}

Result<std::string> parse_attachment(const Json& json) {
  TEGATA_ASSIGN(auto attachment, json_optional_string(json, "authenticatorAttachment"));
  return std::move(attachment).value_or(std::string());
}

Result<Json> parse_extension_results(const Json& json) {
  if (!json.contains("clientExtensionResults")) return Json::object();
  return json_object(json, "clientExtensionResults");
}

// What the strict reader refuses (a member that is missing, of another type, no base64url, too large) breaks the shape
// of the response.
template <typename T>
Result<T> cite_shape(Result<T> parsed, std::string_view clause) {
  if (parsed || !parsed.error().clause().empty()) return parsed;
  return Error(parsed.error().code(), parsed.error().detail(), clause);
}

Result<RegistrationResponse> read_registration(const Json& json) {
  RegistrationResponse parsed;
  TEGATA_ASSIGN(parsed.id, parse_credential(json));
  TEGATA_ASSIGN(const Json response, json_object(json, "response"));
  TEGATA_ASSIGN(parsed.client_data_json, bounded(response, "clientDataJSON", max_client_data));
  TEGATA_ASSIGN(parsed.attestation_object, bounded(response, "attestationObject", max_attestation_object));
  TEGATA_ASSIGN(parsed.transports, parse_transports(response));
  TEGATA_ASSIGN(parsed.authenticator_attachment, parse_attachment(json));
  TEGATA_ASSIGN(parsed.client_extension_results, parse_extension_results(json));
  return parsed;
}

Result<AuthenticationResponse> read_authentication(const Json& json) {
  AuthenticationResponse parsed;
  TEGATA_ASSIGN(parsed.id, parse_credential(json));
  TEGATA_ASSIGN(const Json response, json_object(json, "response"));
  TEGATA_ASSIGN(parsed.client_data_json, bounded(response, "clientDataJSON", max_client_data));
  TEGATA_ASSIGN(parsed.authenticator_data, bounded(response, "authenticatorData", max_authenticator_data));
  TEGATA_ASSIGN(parsed.signature, bounded(response, "signature", max_signature));
  TEGATA_ASSIGN(parsed.user_handle, json_optional_base64url(response, "userHandle"));
  // Nobody has an empty user handle: some browsers wrote one where there is none.
  if (parsed.user_handle && parsed.user_handle->empty()) parsed.user_handle.reset();
  TEGATA_REQUIRE(!parsed.user_handle || parsed.user_handle->size() <= max_user_handle, too_large("userHandle"));
  TEGATA_ASSIGN(parsed.authenticator_attachment, parse_attachment(json));
  TEGATA_ASSIGN(parsed.client_extension_results, parse_extension_results(json));
  return parsed;
}

}  // namespace

Result<RegistrationResponse> parse_registration_response(const Json& json) {
  return cite_shape(read_registration(json), wire::clauses::registration_json);
}

Result<AuthenticationResponse> parse_authentication_response(const Json& json) {
  return cite_shape(read_authentication(json), wire::clauses::authentication_json);
}

}  // namespace tegata::webauthn
