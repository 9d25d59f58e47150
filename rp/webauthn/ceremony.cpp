#include "rp/webauthn/ceremony.h"

#include <algorithm>

#include "rp/webauthn/errors.h"

namespace tegata::webauthn {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::ranges::find(list, value) != list.end();
}

Status verify_frames(const ExpectedCeremony& expected, const ClientData& data) {
  if (data.cross_origin && !expected.cross_origin_allowed) {
    return Error(errors::webauthn_cross_origin, {}, expected.clauses.cross_origin);
  }
  if (!data.top_origin) return {};
  if (!expected.cross_origin_allowed || !contains(expected.top_origins, *data.top_origin)) {
    return Error(errors::webauthn_top_origin, *data.top_origin, expected.clauses.top_origin);
  }
  return {};
}

}  // namespace

Status verify_client_data(const ExpectedCeremony& expected, ByteView client_data_json) {
  auto parsed = parse_client_data(client_data_json);
  if (!parsed) return Error(parsed.error().code(), parsed.error().detail(), expected.clauses.client_data);
  const ClientData& data = *parsed;
  if (data.type != expected.type) return Error(errors::webauthn_type_mismatch, data.type, expected.clauses.type);
  // An empty challenge was never given out, whatever the caller passes.
  if (expected.challenge.empty() ||
      !equal_constant_time(as_bytes(data.challenge), as_bytes(base64url(expected.challenge)))) {
    return Error(errors::webauthn_challenge_mismatch, {}, expected.clauses.challenge);
  }
  if (!contains(expected.origins, data.origin)) {
    return Error(errors::webauthn_origin_mismatch, data.origin, expected.clauses.origin);
  }
  return verify_frames(expected, data);
}

Status verify_flags(const ExpectedCeremony& expected, const AuthenticatorData& data) {
  const CeremonyClauses& rules = expected.clauses;
  const Digest rp_id_hash = sha256(expected.rp_id);
  if (!std::ranges::equal(data.rp_id_hash, rp_id_hash))
    return Error(errors::webauthn_rp_id_mismatch, {}, rules.rp_id_hash);
  if (data.reserved_flags) return Error(errors::webauthn_reserved_flags, {}, clauses::reserved_flags);
  if (expected.user_presence_required && !data.user_present) {
    return Error(errors::webauthn_user_not_present, {}, rules.user_present);
  }
  if (expected.user_verification_required && !data.user_verified) {
    return Error(errors::webauthn_user_not_verified, {}, rules.user_verified);
  }
  if (data.backup_state && !data.backup_eligible) {
    return Error(errors::webauthn_backup_state_without_eligibility, {}, rules.backup_state);
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
