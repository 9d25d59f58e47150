#include "rp/webauthn/registration.h"

#include <algorithm>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/attestation_acceptance.h"
#include "rp/webauthn/ceremony.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn {
namespace {

ExpectedCeremony view(const ExpectedRegistration& expected) {
  return {.type = "webauthn.create",
          .challenge = expected.challenge,
          .origins = expected.origins,
          .policy = expected.policy,
          .top_origins = expected.top_origins,
          .extensions = expected.extensions,
          .rp_id = expected.rp_id,
          .user_presence_required = !expected.conditional_create,
          .clauses = wire::registration_clauses};
}

Status verify_credential(const ExpectedRegistration& expected, const RegistrationResponse& response,
                         const wire::AuthenticatorData& data) {
  TEGATA_REQUIRE(data.attested, Error(errors::webauthn_attested_data_missing, {}, wire::clauses::attested_data));
  TEGATA_REQUIRE(!data.backup_eligible || expected.policy.backup_eligible_allowed,
                 Error(errors::webauthn_backup_eligible_refused, {}, wire::clauses::backup_policy));
  TEGATA_REQUIRE(std::ranges::equal(data.attested->credential_id, response.id),
                 Error(errors::webauthn_credential_id_mismatch, {}, wire::clauses::credential_json));
  return {};
}

Status verify_algorithm(const ExpectedRegistration& expected, std::int64_t algorithm) {
  const bool asked = std::ranges::find(expected.algorithms, algorithm) != expected.algorithms.end();
  TEGATA_REQUIRE(
      asked, Error(errors::webauthn_algorithm_not_asked, std::to_string(algorithm), wire::clauses::algorithm_asked));
  return {};
}

// credProps.rk is false.
bool denies_discoverable(const Json& extension_results) {
  if (!extension_results.is_object() || !extension_results.contains("credProps")) return false;
  const Json& properties = extension_results["credProps"];
  return properties.is_object() && properties.contains("rk") && properties["rk"] == false;
}

// Nothing of this is signed: a browser that lies here lies about its own user's phone.
Status verify_reported(const ExpectedRegistration& expected, const RegistrationResponse& response) {
  const std::string& attachment = response.authenticator_attachment;
  const bool as_asked = expected.authenticator_attachment.empty() || attachment.empty() ||
                        attachment == expected.authenticator_attachment;
  TEGATA_REQUIRE(as_asked,
                 Error(errors::webauthn_attachment_mismatch, attachment.substr(0, 32), wire::clauses::attachment));
  TEGATA_REQUIRE(!expected.resident_key_required || !denies_discoverable(response.client_extension_results),
                 Error(errors::webauthn_not_discoverable, {}, wire::clauses::resident_key));
  return {};
}

CredentialRecord make_record(const ExpectedRegistration& expected, const RegistrationResponse& response,
                             const wire::AuthenticatorData& data) {
  CredentialRecord record;
  record.id = response.id;
  record.public_key = to_bytes(data.attested->public_key);
  record.sign_count = data.sign_count;
  record.uv_initialized = data.user_verified;
  record.backup_eligible = data.backup_eligible;
  record.backup_state = data.backup_state;
  record.transports = response.transports;
  record.aaguid = to_bytes(data.attested->aaguid);
  record.attestation_object = response.attestation_object;
  record.attestation_client_data_json = response.client_data_json;
  record.rp_id = expected.rp_id;
  return record;
}

Result<std::string> ask(SecondVerifier second, const ExpectedRegistration& expected,
                        const RegistrationResponse& response) {
  // Ours judged no signature, so there is nothing to hold a second opinion against.
  if (!second || expected.policy.attestation == wire::AttestationAcceptance::ignore)
    return std::string("not_comparable");
  std::string opinion = second(expected, response);
  TEGATA_REQUIRE(opinion != "refuted",
                 Error(errors::webauthn_second_verifier_veto, {}, wire::clauses::packed_signature));
  return opinion;
}

}  // namespace

class RegistrationVerifier {
 public:
  static Result<VerifiedRegistration> verify(const ExpectedRegistration& expected, const RegistrationResponse& response,
                                             SecondVerifier second) {
    const ExpectedCeremony ceremony = view(expected);
    TEGATA_TRY(verify_client_data(ceremony, response.client_data_json));
    TEGATA_ASSIGN(const attestation::AttestationObject object,
                  attestation::parse_attestation_object(response.attestation_object));
    TEGATA_ASSIGN(const wire::AuthenticatorData data, wire::parse_authenticator_data(object.authenticator_data));
    TEGATA_TRY(verify_flags(ceremony, data));
    TEGATA_TRY(verify_credential(expected, response, data));
    TEGATA_ASSIGN(const wire::SignatureKey key, wire::SignatureKey::parse_cose(data.attested->public_key));
    TEGATA_TRY(verify_algorithm(expected, key.algorithm()));
    const Bytes to_sign = signed_bytes(object.authenticator_data, response.client_data_json);
    const attestation::AttestationInput input{.statement = object.statement,
                                              .rp_id_hash = data.rp_id_hash,
                                              .credential = *data.attested,
                                              .credential_key = key,
                                              .signed_bytes = to_sign,
                                              .client_data_hash = ByteView(to_sign).last(32),
                                              .policy = expected.policy,
                                              .now = expected.now};
    VerifiedRegistration verified;
    verified.record_ = make_record(expected, response, data);
    verified.record_.algorithm = key.algorithm();
    verified.record_.attestation_format = object.format;
    TEGATA_ASSIGN(const AcceptedAttestation accepted, accept_attestation(expected, object.format, input));
    verified.record_.attestation_type = accepted.type;
    if (!data.backup_eligible) verified.record_.key_protection = accepted.protection;
    TEGATA_TRY(verify_extensions(ceremony, data, response.client_extension_results));
    TEGATA_TRY(verify_reported(expected, response));
    TEGATA_ASSIGN(verified.second_opinion_, ask(second, expected, response));
    return verified;
  }
};

Result<VerifiedRegistration> verify_registration(const ExpectedRegistration& expected,
                                                 const RegistrationResponse& response, SecondVerifier second) {
  return RegistrationVerifier::verify(expected, response, second);
}

}  // namespace tegata::webauthn
