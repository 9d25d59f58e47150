#include "rp/cli/verify/verify.h"

#include "rp/cli/command/errors.h"
#include "rp/cli/verify/inputs.h"
#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/authentication.h"
#include "rp/webauthn/wire/clauses.h"

namespace tegata::cli::verify {
namespace {

namespace w = webauthn;

// A large attestation object in base64url, and the unsigned copies that browsers send beside it.
constexpr JsonLimits response_limits{.bytes = 256 * 1024, .depth = 16};

Error option_invalid(const std::string& option, const std::string& what) {
  return Error(errors::cli_option_invalid, "--" + option + ": " + what);
}

Result<Bytes> read_base64url(const std::string& option, const std::string& text) {
  auto bytes = parse_base64url(text);
  if (!bytes || bytes->empty()) return option_invalid(option, "is not base64url without padding");
  return bytes;
}

Result<Instant> read_time(const VerifyArguments& arguments, Instant now) {
  if (arguments.time.empty()) return now;
  const auto time = parse_rfc3339(arguments.time);
  if (!time) return option_invalid("time", "is not an RFC 3339 time, like 2026-11-20T00:15:02Z");
  return *time;
}

Result<w::wire::Policy> make_policy(const VerifyArguments& arguments) {
  auto policy = w::wire::find_policy(arguments.profile);
  if (!policy) return option_invalid("profile", "there is no " + arguments.profile);
  if (arguments.no_uv_allowed) policy->user_verification = w::wire::UserVerification::preferred;
  if (arguments.cross_origin_allowed) policy->cross_origin_allowed = policy->any_top_origin_allowed = true;
  const std::string& attestation = arguments.attestation;
  if (attestation.empty()) return *policy;
  if (attestation == "ignore") {
    policy->attestation = w::wire::AttestationAcceptance::ignore;
  } else if (attestation == "verify") {
    policy->attestation = w::wire::AttestationAcceptance::verify;
  } else if (attestation == "trust") {
    policy->attestation = w::wire::AttestationAcceptance::trust;
  } else {
    return option_invalid("attestation", "there is no " + attestation);
  }
  return *policy;
}

// What both ceremonies expect.
template <typename Expected>
Status expect(const VerifyArguments& arguments, Expected& expected) {
  expected.rp_id = arguments.rp_id;
  expected.origins = arguments.origins;
  TEGATA_ASSIGN(expected.challenge, read_base64url("challenge", arguments.challenge));
  TEGATA_ASSIGN(expected.policy, make_policy(arguments));
  return {};
}

Result<w::ExpectedRegistration> expect_registration(const VerifyArguments& arguments, Instant now) {
  w::ExpectedRegistration expected;
  TEGATA_TRY(expect(arguments, expected));
  TEGATA_ASSIGN(expected.now, read_time(arguments, now));
  if (!arguments.trust_anchors.empty()) {
    TEGATA_ASSIGN(expected.anchors, read_anchors(arguments.trust_anchors));
  }
  // Which ones the options asked for is not part of a capture.
  expected.algorithms = w::wire::supported_algorithms();
  expected.conditional_create = arguments.conditional_create;
  expected.authenticator_attachment.clear();
  expected.resident_key_required = false;
  return expected;
}

// Identifiers alone: the values are for whoever asked.
Json authenticator_extensions(const w::wire::AuthenticatorData& data) {
  Json names = Json::array();
  for (std::size_t i = 0; data.extensions && i < data.extensions->size(); ++i) {
    if (const auto name = data.extensions->key_at(i).text()) names.push_back(*name);
  }
  return names;
}

Json client_extensions(const Json& results) {
  Json names = Json::array();
  for (const auto& [name, value] : results.items()) names.push_back(name);
  return names;
}

Json registration_notes(const w::ExpectedRegistration& expected, const w::CredentialRecord& record) {
  Json notes = Json::array();
  if (expected.policy.attestation == w::wire::AttestationAcceptance::ignore) {
    notes.push_back("the attestation statement was not judged");
  } else if (!expected.anchors.empty() && record.attestation_type == "unverified") {
    notes.push_back("the attestation's certificates lead to none of the trust anchors at that time");
  }
  return notes;
}

// Rules of the record's type that the response's JSON broke cite no step of a ceremony.
Error cite(const Error& error, std::string_view clause) {
  return error.clause().empty() ? Error(error.code(), error.detail(), clause) : error;
}

Result<w::RegistrationResponse> parse_registration(std::string_view text) {
  TEGATA_ASSIGN(const Json json, parse_json(text, response_limits));
  return w::parse_registration_response(json);
}

Result<w::AuthenticationResponse> parse_authentication(std::string_view text) {
  TEGATA_ASSIGN(const Json json, parse_json(text, response_limits));
  return w::parse_authentication_response(json);
}

// A record that says nothing of backup eligibility has nothing that could have changed.
void supply_backup_eligibility(CapturedRecord& captured, const w::AuthenticationResponse& response) {
  const auto data = w::wire::parse_authenticator_data(response.authenticator_data);
  if (!captured.backup_eligible_known && data) captured.record.backup_eligible = data->backup_eligible;
}

Json updated_record(const CapturedRecord& captured, const w::VerifiedAuthentication& verified) {
  Json json = captured.json;
  json["signCount"] = verified.sign_count();
  json["backupState"] = verified.backup_state();
  json["backupEligible"] = captured.record.backup_eligible;
  json["transports"] = captured.record.transports;
  if (!json.contains("uvInitialized")) json["uvInitialized"] = verified.user_verified();
  return json;
}

Json authentication_notes(const CapturedRecord& captured, const w::VerifiedAuthentication& verified) {
  Json notes = Json::array();
  if (!captured.backup_eligible_known) notes.push_back("the record has no backupEligible to compare with");
  if (verified.counter_went_back()) notes.push_back("the signature counter did not grow");
  return notes;
}

}  // namespace

Result<Json> verify_captured_registration(const VerifyArguments& arguments, std::string_view text, Instant now) {
  TEGATA_ASSIGN(const auto expected, expect_registration(arguments, now));
  const auto response = parse_registration(text);
  if (!response) return cite(response.error(), webauthn::wire::clauses::registration_json);
  const auto verified = w::verify_registration(expected, *response);
  if (!verified) return cite(verified.error(), webauthn::wire::clauses::registration_json);
  TEGATA_ASSIGN(const auto object, w::attestation::parse_attestation_object(response->attestation_object));
  TEGATA_ASSIGN(const auto data, w::wire::parse_authenticator_data(object.authenticator_data));
  return Json{{"verified", true},
              {"credential_record", record_json(verified->record())},
              {"user_verified", verified->user_verified()},
              {"second_verifier", verified->second_opinion()},
              {"extensions",
               {{"authenticator", authenticator_extensions(data)},
                {"client", client_extensions(response->client_extension_results)}}},
              {"notes", registration_notes(expected, verified->record())}};
}

Result<Json> verify_captured_authentication(const VerifyArguments& arguments, std::string_view text, Instant) {
  w::ExpectedAuthentication expected;
  TEGATA_TRY(expect(arguments, expected));
  TEGATA_ASSIGN(CapturedRecord captured, read_record(arguments.credential_record));
  Bytes owner;
  if (!arguments.user_handle.empty()) {
    TEGATA_ASSIGN(owner, read_base64url("user-handle", arguments.user_handle));
  }
  const auto response = parse_authentication(text);
  if (!response) return cite(response.error(), webauthn::wire::clauses::authentication_json);
  supply_backup_eligibility(captured, *response);
  // Whose record it is does not stand in a capture, unless the option says so.
  if (owner.empty()) owner = response->user_handle.value_or(Bytes());
  expected.allow_credentials = {captured.record.id};
  TEGATA_ASSIGN(const auto key, w::PublicKey::parse(captured.record.public_key));
  const auto verified = w::verify_authentication(expected, *response, captured.record, owner, key);
  if (!verified) return cite(verified.error(), webauthn::wire::clauses::authentication_json);
  TEGATA_ASSIGN(const auto data, w::wire::parse_authenticator_data(response->authenticator_data));
  return Json{{"verified", true},
              {"credential_record", updated_record(captured, *verified)},
              {"user_verified", verified->user_verified()},
              {"user_handle", response->user_handle ? Json(base64url(*response->user_handle)) : Json()},
              {"extensions",
               {{"authenticator", authenticator_extensions(data)},
                {"client", client_extensions(response->client_extension_results)}}},
              {"notes", authentication_notes(captured, *verified)}};
}

Json refusal_json(const Error& error) {
  Json json = {{"code", error.code().name()}, {"detail", error.detail()}};
  if (const auto colon = error.clause().find(": "); colon != std::string::npos) {
    json["clause"] = error.clause();
    json["step"] = error.clause().substr(colon + 2);
  }
  return {{"verified", false}, {"error", json}};
}

int refusal_exit_code(const Error& error) { return error.code() == errors::cli_option_invalid ? 2 : 1; }

}  // namespace tegata::cli::verify
