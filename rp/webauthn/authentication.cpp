#include "rp/webauthn/authentication.h"

#include <algorithm>

#include "rp/webauthn/ceremony.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/errors.h"
#include "rp/webauthn/wire/signature_key.h"

namespace tegata::webauthn {
namespace {

ExpectedCeremony view(const ExpectedAuthentication& expected) {
  return {.type = "webauthn.get",
          .challenge = expected.challenge,
          .origins = expected.origins,
          .policy = expected.policy,
          .top_origins = expected.top_origins,
          .extensions = expected.extensions,
          .rp_id = expected.rp_id,
          .user_presence_required = !expected.policy.assertion_without_user_presence_allowed,
          .clauses = wire::authentication_clauses};
}

// The record was looked up by whoever called; that it is the right one is checked here again.
Status verify_credential(const ExpectedAuthentication& expected, const AuthenticationResponse& response,
                         const CredentialRecord& record) {
  TEGATA_REQUIRE(response.id == record.id,
                 Error(errors::webauthn_credential_id_mismatch, {}, wire::clauses::allow_credentials));
  const auto& allowed = expected.allow_credentials;
  TEGATA_REQUIRE(allowed.empty() || std::ranges::find(allowed, response.id) != allowed.end(),
                 Error(errors::webauthn_credential_not_allowed, {}, wire::clauses::allow_credentials));
  return {};
}

Status verify_user_handle(const ExpectedAuthentication& expected, const AuthenticationResponse& response,
                          ByteView owner) {
  if (!response.user_handle && !expected.allow_credentials.empty()) return {};
  TEGATA_REQUIRE(response.user_handle, Error(errors::webauthn_user_handle_missing, {}, wire::clauses::user_handle));
  TEGATA_REQUIRE(!owner.empty() && equal_constant_time(*response.user_handle, owner),
                 Error(errors::webauthn_user_handle_mismatch, {}, wire::clauses::user_handle));
  return {};
}

Status verify_data(const ExpectedCeremony& ceremony, const CredentialRecord& record,
                   const wire::AuthenticatorData& data) {
  TEGATA_TRY(verify_flags(ceremony, data));
  TEGATA_REQUIRE(record.rp_id.empty() || record.rp_id == ceremony.rp_id,
                 Error(errors::webauthn_rp_id_mismatch, record.rp_id, ceremony.clauses.rp_id_hash));
  TEGATA_REQUIRE(!data.attested, Error(errors::webauthn_attested_data_unexpected, {}, wire::clauses::attested_data));
  TEGATA_REQUIRE(data.backup_eligible == record.backup_eligible,
                 Error(errors::webauthn_backup_eligibility_changed, {}, wire::clauses::backup_unchanged));
  return {};
}

bool went_back(const CredentialRecord& record, const wire::AuthenticatorData& data) {
  return (data.sign_count != 0 || record.sign_count != 0) && data.sign_count <= record.sign_count;
}

Status judge_counter(wire::CounterPolicy policy, bool back) {
  TEGATA_REQUIRE(!back || policy != wire::CounterPolicy::reject,
                 Error(errors::webauthn_counter_went_back, {}, wire::clauses::sign_count));
  return {};
}

Status verify_signature(const AuthenticationResponse& response, const PublicKey& key) {
  TEGATA_REQUIRE(key.verify(signed_bytes(response.authenticator_data, response.client_data_json), response.signature),
                 Error(errors::webauthn_signature_invalid, {}, wire::clauses::signature));
  return {};
}

}  // namespace

struct PublicKey::Key {
  wire::SignatureKey key;
};

Result<PublicKey> PublicKey::parse(ByteView cose_key) {
  TEGATA_ASSIGN(wire::SignatureKey key, wire::SignatureKey::parse_cose(cose_key));
  key.make_ready();
  return PublicKey(std::make_shared<const Key>(Key{std::move(key)}));
}

std::int64_t PublicKey::algorithm() const { return key_->key.algorithm(); }

bool PublicKey::verify(ByteView message, ByteView signature) const { return key_->key.verify(message, signature); }

class AuthenticationVerifier {
 public:
  static Result<VerifiedAuthentication> verify(const ExpectedAuthentication& expected,
                                               const AuthenticationResponse& response, const CredentialRecord& record,
                                               ByteView owner_user_handle, const PublicKey& key) {
    const ExpectedCeremony ceremony = view(expected);
    TEGATA_TRY(verify_credential(expected, response, record));
    TEGATA_TRY(verify_user_handle(expected, response, owner_user_handle));
    TEGATA_TRY(verify_client_data(ceremony, response.client_data_json));
    TEGATA_ASSIGN(const wire::AuthenticatorData data, wire::parse_authenticator_data(response.authenticator_data));
    TEGATA_TRY(verify_data(ceremony, record, data));
    TEGATA_TRY(verify_signature(response, key));
    const bool back = went_back(record, data);
    TEGATA_TRY(judge_counter(expected.policy.counter, back));
    TEGATA_TRY(verify_extensions(ceremony, data, response.client_extension_results));
    VerifiedAuthentication verified;
    verified.credential_id_ = response.id;
    verified.sign_count_ = data.sign_count;
    verified.user_verified_ = data.user_verified;
    verified.backup_state_ = data.backup_state;
    verified.counter_went_back_ = back && expected.policy.counter == wire::CounterPolicy::signal;
    return verified;
  }
};

Result<VerifiedAuthentication> verify_authentication(const ExpectedAuthentication& expected,
                                                     const AuthenticationResponse& response,
                                                     const CredentialRecord& record, ByteView owner_user_handle,
                                                     const PublicKey& key) {
  return AuthenticationVerifier::verify(expected, response, record, owner_user_handle, key);
}

}  // namespace tegata::webauthn
