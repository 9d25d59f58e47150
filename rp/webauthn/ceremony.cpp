#include "rp/webauthn/ceremony.h"

#include <algorithm>

#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::ranges::find(list, value) != list.end();
}

Status verify_frames(const ExpectedCeremony& expected, const wire::ClientData& data) {
  const wire::Policy& policy = expected.policy;
  TEGATA_REQUIRE(!data.cross_origin || policy.cross_origin_allowed,
                 Error(errors::webauthn_cross_origin, {}, expected.clauses.cross_origin));
  if (!data.top_origin) return {};
  const bool known = policy.any_top_origin_allowed || contains(expected.top_origins, *data.top_origin);
  const Error unexpected(errors::webauthn_top_origin, *data.top_origin, expected.clauses.top_origin);
  TEGATA_REQUIRE(policy.cross_origin_allowed, unexpected);
  TEGATA_REQUIRE(known, unexpected);
  return {};
}

// Level 2, dictdef-tokenbinding: an object whose status is one of two.
bool is_token_binding(const Json& json) {
  const auto status = json_string(json, "status");
  return status && (*status == "present" || *status == "supported");
}

}  // namespace

Status verify_client_data(const ExpectedCeremony& expected, ByteView client_data_json) {
  auto parsed = wire::parse_client_data(client_data_json);
  if (!parsed) return Error(parsed.error().code(), parsed.error().detail(), expected.clauses.client_data);
  const wire::ClientData& data = *parsed;
  TEGATA_REQUIRE(data.type == expected.type, Error(errors::webauthn_type_mismatch, data.type, expected.clauses.type));
  const Error wrong_challenge(errors::webauthn_challenge_mismatch, {}, expected.clauses.challenge);
  // An empty challenge was never given out, whatever the caller passes.
  TEGATA_REQUIRE(!expected.challenge.empty(), wrong_challenge);
  TEGATA_REQUIRE(equal_constant_time(as_bytes(data.challenge), as_bytes(base64url(expected.challenge))),
                 wrong_challenge);
  TEGATA_REQUIRE(contains(expected.origins, data.origin),
                 Error(errors::webauthn_origin_mismatch, data.origin, expected.clauses.origin));
  TEGATA_TRY(verify_frames(expected, data));
  TEGATA_REQUIRE(expected.policy.token_binding_ignored || !data.token_binding || is_token_binding(*data.token_binding),
                 Error(errors::webauthn_token_binding_malformed, {}, wire::clauses::token_binding));
  return {};
}

Status verify_flags(const ExpectedCeremony& expected, const wire::AuthenticatorData& data) {
  const wire::CeremonyClauses& rules = expected.clauses;
  const Digest rp_id_hash = sha256(expected.rp_id);
  TEGATA_REQUIRE(std::ranges::equal(data.rp_id_hash, rp_id_hash),
                 Error(errors::webauthn_rp_id_mismatch, {}, rules.rp_id_hash));
  TEGATA_REQUIRE(!data.reserved_flags, Error(errors::webauthn_reserved_flags, {}, wire::clauses::reserved_flags));
  TEGATA_REQUIRE(data.user_present || !expected.user_presence_required,
                 Error(errors::webauthn_user_not_present, {}, rules.user_present));
  TEGATA_REQUIRE(data.user_verified || expected.policy.user_verification != wire::UserVerification::required,
                 Error(errors::webauthn_user_not_verified, {}, rules.user_verified));
  TEGATA_REQUIRE(data.backup_eligible || !data.backup_state,
                 Error(errors::webauthn_backup_state_without_eligibility, {}, rules.backup_state));
  return {};
}

Status verify_extensions(const ExpectedCeremony& expected, const wire::AuthenticatorData& data,
                         const Json& client_results) {
  if (expected.policy.unsolicited_extensions == wire::UnsolicitedExtensions::ignore) return {};
  const auto unsolicited = [&](std::string_view identifier) {
    return Error(errors::webauthn_extension_unsolicited, std::string(identifier.substr(0, 64)),
                 expected.clauses.extensions);
  };
  for (std::size_t i = 0; data.extensions && i < data.extensions->size(); ++i) {
    const auto identifier = data.extensions->key_at(i).text().value_or("");
    TEGATA_REQUIRE(contains(expected.extensions, std::string(identifier)), unsolicited(identifier));
  }
  for (const auto& [identifier, output] : client_results.items()) {
    TEGATA_REQUIRE(contains(expected.extensions, identifier), unsolicited(identifier));
  }
  return {};
}

Bytes signed_bytes(ByteView authenticator_data, ByteView client_data_json) {
  Bytes bytes = to_bytes(authenticator_data);
  const Digest hash = sha256(client_data_json);
  bytes.insert(bytes.end(), hash.begin(), hash.end());
  return bytes;
}

}  // namespace tegata::webauthn
