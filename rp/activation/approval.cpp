#include "rp/activation/approval.h"

#include <algorithm>

#include "rp/activation/asked.h"
#include "rp/activation/deployed_profile.h"
#include "rp/activation/errors.h"
#include "rp/activation/lost_standing.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/pass_rules.h"
#include "rp/base/errors.h"
#include "rp/webauthn/key_standing.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

// What the owning phone sent.
struct Approval {
  Named named;
  Answers answers;
  webauthn::AuthenticationResponse response;
};

// Everything that the assertion is judged against, read in one view.
struct Facts {
  store::Handoff handoff;
  std::optional<Digest> renewed;  // where it is in the browser that began it: as Place::renewed
  Requester requester;
  store::BoundCredential credential;
  store::Practitioner practitioner;
};

// An approval whose assertion was right.
struct Proven {
  Facts facts;
  webauthn::VerifiedAuthentication assertion;
  webauthn::wire::KeyStanding key;
  bool hardware = false;  // whether that is enough for the operator
};

Result<Approval> parse_approval(const Services& services, const http::Request& request) {
  Approval out;
  TEGATA_ASSIGN(out.named, parse_named(services, request));
  TEGATA_ASSIGN(const std::string number, json_string(out.named.body, "number"));
  const bool digits = std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (number.size() != 2 || !digits) return Error(e::activation_number_malformed);
  out.answers.number = number;
  TEGATA_ASSIGN(out.answers.role, json_optional_string(out.named.body, "role"));
  TEGATA_ASSIGN(const Json credential, json_object(out.named.body, "credential"));
  TEGATA_ASSIGN(out.response, webauthn::parse_authentication_response(credential));
  return out;
}

Status verify_waiting(const store::Handoff& handoff, bool here, Instant now) {
  if (handoff.state == State::claimed || (here && handoff.state == State::created)) {
    if (handoff.expires_at > now) return {};
    return Error(e::activation_expired, handoff.id);
  }
  return Error(handoff.state == State::expired ? e::activation_expired : e::activation_already_decided, handoff.id);
}

Result<Facts> read_facts(store::Reader& reader, const Place& place, const webauthn::AuthenticationResponse& response,
                         Instant now) {
  TEGATA_ASSIGN(const store::Handoff handoff, place.find(reader));
  TEGATA_TRY(verify_waiting(handoff, place.renewed.has_value(), now));
  TEGATA_TRY(verify_method(handoff, "key"));
  if (!handoff.challenge) return Error(e::activation_already_decided, handoff.id);
  TEGATA_ASSIGN(const Requester requester, find_requester(reader, handoff));
  TEGATA_ASSIGN(const auto credential, store::find_credential(reader, response.id));
  if (!credential) {
    return Error(e::activation_credential_unknown, base64url(response.id),
                 "webauthn-3#sctn-verifying-assertion: the credential is registered");
  }
  TEGATA_ASSIGN(const auto practitioner, store::find_practitioner(reader, credential->practitioner_id));
  if (!practitioner) return Error(e::activation_credential_unknown, "its owner is gone");
  if (!equal_constant_time(credential->user_handle, practitioner->user_handle)) {
    return Error(e::activation_user_handle_mismatch, practitioner->id);
  }
  return Facts{handoff, place.renewed, requester, *credential, *practitioner};
}

// A phone that was bound when nothing spoke against its model stays bound; it approves nothing while something does.
Result<webauthn::wire::KeyStanding> current_key(const webauthn::metadata::Metadata* metadata,
                                                const store::BoundCredential& credential, Instant now) {
  auto key = webauthn::judge_key(metadata, credential.record, credential.created_at, now);
  if (!key) return Error(e::activation_model_unwanted, key.error().detail(), key.error().clause());
  return key;
}

bool wants_hardware(const Facts& facts) {
  return facts.requester.facility.profile != "standard" || demands_hardware(facts.handoff.acr_values);
}

// Why the key is none of hardware for this relying party.
Error not_hardware(const webauthn::metadata::Metadata* metadata, const webauthn::CredentialRecord& record,
                   const webauthn::wire::KeyStanding& key) {
  if (record.backup_eligible) return Error(e::activation_not_device_bound, base64url(record.id));
  // Metadata that cannot be used right now may prove it again tomorrow.
  const bool shows_certificates = record.attestation_type == "trusted" || record.attestation_type == "unverified";
  if (shows_certificates && metadata && !metadata->is_verified()) return Error(e::activation_metadata_unusable);
  if (key.protection < webauthn::wire::KeyProtection::hardware) {
    return Error(e::activation_key_not_hardware, std::string(webauthn::wire::name_of(key.protection)));
  }
  return Error(e::activation_model_not_certified, std::string(webauthn::wire::name_of(key.certification)));
}

pass::Evidence evidence_of(const Proven& proven) {
  using pass::ProvenKey;
  const bool software = proven.key.protection == webauthn::wire::KeyProtection::software;
  return {proven.assertion.user_verified(), proven.hardware ? ProvenKey::hardware
                                            : software      ? ProvenKey::software
                                                            : ProvenKey::unknown};
}

Result<Proven> verify_approval(const Services& services, const webauthn::AuthenticationResponse& response,
                               const Facts& facts) {
  webauthn::ExpectedAuthentication expected;
  expected.rp_id = services.settings.rp_id;
  expected.origins = services.settings.origins;
  expected.challenge = *facts.handoff.challenge;
  expected.policy = webauthn::wire::standard_policy();
  TEGATA_ASSIGN(const auto key, services.memory->keys.get(facts.credential.record.public_key));
  TEGATA_ASSIGN(const auto assertion, webauthn::verify_authentication(expected, response, facts.credential.record,
                                                                      facts.practitioner.user_handle, key));
  if (!facts.handoff.login_hint.empty() && facts.handoff.login_hint != facts.practitioner.id) {
    return Error(e::activation_other_person, "asked for " + facts.handoff.login_hint);
  }
  const auto metadata = services.metadata();
  TEGATA_ASSIGN(const auto standing, current_key(metadata.get(), facts.credential, services.clock.now()));
  const bool hardware = webauthn::wire::is_hardware(standing, services.settings.least_certification);
  if (wants_hardware(facts) && !hardware) return not_hardware(metadata.get(), facts.credential.record, standing);
  return Proven{facts, assertion, standing, hardware};
}

// One wrong number by the phone that scanned ends the request: two digits must not be guessed.
Error end_for_wrong_number(store::Transaction& transaction, const http::Request& request, const Deed& deed,
                           const Facts& facts) {
  store::Condition condition;
  condition.owner = facts.handoff.owner;
  condition.challenge = facts.handoff.challenge;
  store::Change change;
  change.reason = std::string(e::activation_wrong_number.name());
  const auto moved = store::advance(transaction, Kind::activation, facts.handoff.id, Event::deny, condition, change);
  if (!moved) return moved.error();
  if (!*moved) return Error(e::activation_already_decided, facts.handoff.id);
  transaction.audit(event(request, deed, "activation_denied", Json::object(), e::activation_wrong_number.name()));
  transaction.keep_effects();
  return Error(e::activation_wrong_number, facts.handoff.id);
}

// Why the conditional change did not take place.
Error cause_of_standstill(store::Transaction& transaction, const Proven& proven, const store::Change& change) {
  const Facts& facts = proven.facts;
  const auto handoff = store::find_handoff(transaction, facts.handoff.id);
  if (!handoff) return handoff.error();
  if (!*handoff) return Error(e::activation_request_unknown, facts.handoff.id);
  const auto waiting = verify_waiting(**handoff, facts.renewed.has_value(), transaction.now());
  if (!waiting) return waiting.error();
  // A newer scan by the same phone gave another challenge.
  if ((*handoff)->challenge != facts.handoff.challenge) return Error(e::activation_already_decided, facts.handoff.id);
  return cause_of_refusal(transaction, facts.handoff.id, store::Standing::approval, transaction.now(), change,
                          e::activation_already_decided);
}

// The browser that began it owns it from here on, whether a phone had scanned or not.
Status take_over(store::Transaction& transaction, const store::Handoff& handoff) {
  store::Condition condition;
  condition.session = handoff.session;
  store::Change change;
  change.owner = handoff.session;
  TEGATA_ASSIGN(const bool moved,
                handoff.state == State::created
                    ? store::advance(transaction, Kind::activation, handoff.id, Event::claim, condition, change)
                    : store::amend(transaction, handoff.id, {State::claimed}, condition, change));
  if (!moved) return Error(e::activation_already_decided, handoff.id);
  return {};
}

Status fulfil(store::Transaction& transaction, const Services& services, const Proven& proven,
              const std::optional<std::string>& number, const std::string& role) {
  const Facts& facts = proven.facts;
  store::Condition condition;
  condition.owner = facts.renewed ? facts.handoff.session : facts.handoff.owner;
  condition.number = number;
  condition.challenge = facts.handoff.challenge;
  condition.login_hint = facts.practitioner.id;
  condition.standing = store::Standing::approval;
  store::Change change;
  change.owner = change.session = facts.renewed;
  change.clear_challenge = true;
  change.practitioner_id = facts.practitioner.id;
  change.credential_id = facts.credential.record.id;
  change.basis = facts.credential.basis;
  change.fulfilled_at = transaction.now();
  // Set only where it moves: it stands in three indexes.
  const Instant least = transaction.now() + services.settings.redemption_grace;
  if (least > facts.handoff.expires_at) change.expires_at = least;
  change.evidence = evidence_json(evidence_of(proven), transaction.now());
  (*change.evidence)["key_protection"] = static_cast<int>(proven.key.protection);
  (*change.evidence)["certification"] = static_cast<int>(proven.key.certification);
  change.roles = roles_of(role);
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, Kind::activation, facts.handoff.id, Event::fulfil, condition, change));
  if (!moved) return cause_of_standstill(transaction, proven, change);
  return {};
}

Status use(store::Transaction& transaction, const Proven& proven) {
  store::BoundCredential used = proven.facts.credential;
  const std::uint32_t seen = used.record.sign_count;
  used.record.sign_count = proven.assertion.sign_count();
  used.record.backup_state = proven.assertion.backup_state();
  used.record.key_protection = proven.key.protection;
  used.last_used_at = transaction.now();
  used.last_used_facility = proven.facts.requester.facility.name;
  TEGATA_ASSIGN(const bool changed, store::use_credential(transaction, used, seen));
  if (!changed) return Error(e::activation_credential_changed, base64url(used.record.id));
  return {};
}

Result<Json> approve_in(store::Transaction& transaction, const Services& services, const http::Request& request,
                        const Deed& deed, const Proven& proven, const Answers& answers) {
  const Facts& facts = proven.facts;
  const auto& number = answers.number;
  if (number && !equal_constant_time(as_bytes(*number), as_bytes(facts.handoff.number))) {
    return end_for_wrong_number(transaction, request, deed, facts);
  }
  TEGATA_ASSIGN(const auto role, chosen_role(facts.practitioner, answers.role));
  if (!role) return role_question(facts.practitioner);
  if (facts.renewed) TEGATA_TRY(take_over(transaction, facts.handoff));
  TEGATA_TRY(fulfil(transaction, services, proven, number, *role));
  TEGATA_TRY(use(transaction, proven));
  transaction.audit(event(request, deed, "activation_approved",
                          {{"credential", base64url(facts.credential.record.id)},
                           {"facility", facts.handoff.facility_code},
                           {"hardware", proven.hardware},
                           {"key_protection", webauthn::wire::name_of(proven.key.protection)},
                           {"certification", webauthn::wire::name_of(proven.key.certification)},
                           {"role", *role}}));
  TEGATA_ASSIGN(const Instant until, pass_until(facts.requester, &facts.practitioner, transaction.now()));
  return Json{{"state", "approved"}, {"pass_until", format_rfc3339(until)}, {"practitioner_id", facts.practitioner.id}};
}

// Until the signature has verified, whoever scanned is a stranger: more than one answer would tell which credentials
// are registered.
bool is_unproven(const Error& error) {
  const auto code = error.code();
  if (code == e::activation_credential_unknown || code == e::activation_user_handle_mismatch) return true;
  if (code == e::webauthn_counter_went_back || code == e::internal) return false;
  constexpr std::string_view said_of_the_proven[] = {"activation_", "store_", "right_"};
  return std::ranges::none_of(said_of_the_proven, [&](auto prefix) { return code.name().starts_with(prefix); });
}

}  // namespace

http::Response approval_answer(const Services& services, const Json& body) {
  auto response = oauth_response(200, body);
  if (body.value("state", "") == "approved" && body.contains("practitioner_id")) {
    services.browsers.remember(response, body["practitioner_id"], services.clock.now());
  }
  return response;
}

http::Response approval_refusal(const http::Request& request, const Error& error) {
  if (!is_unproven(error)) return page_refusal(request, error, is_owners_business(error));
  auto response = page_refusal(request, Error(e::activation_credential_unknown), false);
  response.cause = std::string(error.code().name());
  return response;
}

Result<Json> approve_with_key(const Services& services, const http::Request& request, const Place& place,
                              const Answers& answers, const webauthn::AuthenticationResponse& response) {
  const Deed stranger = deed_of_phone(request, "unknown", "activation_approve");
  const auto facts = services.store.read<Facts>(
      [&](store::Reader& reader) { return read_facts(reader, place, response, services.clock.now()); });
  if (!facts) return refuse(services, request, stranger, facts.error());
  const std::string subject = subject_of(facts->handoff);
  const auto proven = verify_approval(services, response, *facts);
  // Whoever proved nothing is nobody: anyone may name a credential.
  if (!proven) return refuse(services, request, deed_of_phone(request, "unknown", subject), proven.error());
  const Deed deed = deed_of_phone(request, "practitioner:" + facts->practitioner.id, subject);
  return write<Json>(services, request, deed, [&](store::Transaction& transaction) {
    return approve_in(transaction, services, request, deed, *proven, answers);
  });
}

http::Response approve(const Services& services, const http::Request& request) {
  const auto approval = parse_approval(services, request);
  if (!approval) {
    const Deed stranger = deed_of_phone(request, "unknown", "activation_approve");
    return page_refusal(request, refuse(services, request, stranger, approval.error()), false);
  }
  const Place scanned{[&](store::Reader& reader) { return find_owned(reader, approval->named); }, std::nullopt};
  const auto body = approve_with_key(services, request, scanned, approval->answers, approval->response);
  if (!body) return approval_refusal(request, body.error());
  return approval_answer(services, *body);
}

}  // namespace tegata::activation
