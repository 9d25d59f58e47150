#include "rp/activation/pass_rules.h"

#include "rp/activation/asked.h"
#include "rp/activation/errors.h"

namespace tegata::activation {

namespace e = errors;

Result<Requester> find_requester(store::Reader& reader, const store::Handoff& handoff) {
  TEGATA_ASSIGN(auto facility, store::find_facility(reader, handoff.facility_code));
  if (!facility) return Error(e::activation_requester_not_in_good_standing, handoff.id);
  Requester out{std::move(*facility), std::nullopt};
  if (!handoff.certificate) return out;
  TEGATA_ASSIGN(out.certificate, store::find_client_certificate(reader, *handoff.certificate));
  if (!out.certificate) return Error(e::activation_requester_not_in_good_standing, handoff.id);
  return out;
}

Result<Instant> pass_until(const Requester& requester, const store::Practitioner* practitioner, Instant issued_at) {
  pass::Limits limits;
  limits.hours = requester.facility.profile == "standard" ? pass::standard_hours : pass::strict_hours;
  limits.day_cut_off = requester.facility.day_cut_off;
  limits.facility_certificate_end = requester.certificate ? requester.certificate->not_after : Instant::max();
  limits.second_certificate_end = Instant::max();
  if (practitioner != nullptr) {
    limits.second_certificate_end = practitioner->second_certificate_not_after.value_or(Instant::min());
  }
  limits.card_end = requester.card_end;
  return pass::pass_end(issued_at, limits);
}

Json evidence_json(const pass::Evidence& evidence, Instant auth_time, std::optional<Instant> card_end) {
  Json out = {{"user_verified", evidence.user_verified},
              {"hardware", evidence.key >= pass::ProvenKey::hardware},
              {"auth_time", unix_seconds(auth_time)}};
  if (card_end) out["card_not_after"] = unix_seconds(*card_end);
  return out;
}

Result<std::optional<std::string>> chosen_role(const store::Practitioner& practitioner,
                                               const std::optional<std::string>& wanted) {
  const auto& roles = practitioner.roles;
  if (wanted && !contains(roles, *wanted)) return Error(e::activation_role_unknown, wanted->substr(0, 64));
  if (wanted) return wanted;
  return roles.size() > 1 ? std::nullopt : std::optional(roles.empty() ? std::string() : roles.front());
}

std::vector<std::string> roles_of(const std::string& chosen_role) {
  return chosen_role.empty() ? std::vector<std::string>() : std::vector{chosen_role};
}

Json role_question(const store::Practitioner& practitioner) {
  return {{"state", "role"}, {"roles", practitioner.roles}};
}

namespace {

Result<pass::Evidence> parse_evidence(const Json& evidence) {
  pass::Evidence out;
  TEGATA_ASSIGN(out.user_verified, json_bool(evidence, "user_verified"));
  TEGATA_ASSIGN(const bool hardware, json_bool(evidence, "hardware"));
  TEGATA_ASSIGN(const auto card_end, json_optional_integer(evidence, "card_not_after"));
  TEGATA_ASSIGN(const auto protection, json_optional_integer(evidence, "key_protection"));
  if (protection == static_cast<int>(webauthn::wire::KeyProtection::software)) out.key = pass::ProvenKey::software;
  if (hardware) out.key = card_end ? pass::ProvenKey::card : pass::ProvenKey::hardware;
  return out;
}

}  // namespace

Result<pass::Claims> pass_claims(const Settings& settings, const store::Handoff& handoff, Requester requester,
                                 const store::Practitioner& practitioner, const Binding& binding,
                                 const std::string& jti, const std::string& sid, Instant now) {
  TEGATA_ASSIGN(const pass::Evidence evidence, parse_evidence(handoff.evidence));
  TEGATA_ASSIGN(const std::int64_t auth_time, json_integer(handoff.evidence, "auth_time"));
  TEGATA_ASSIGN(const auto card_end, json_optional_integer(handoff.evidence, "card_not_after"));
  if (card_end) requester.card_end = from_unix_seconds(*card_end);
  TEGATA_ASSIGN(const Instant end, pass_until(requester, &practitioner, now));
  if (end <= now) return Error(e::activation_pass_without_time, format_rfc3339(end));
  return pass::Claims{.issuer = settings.issuer,
                      .practitioner_id = practitioner.id,
                      .audience = handoff.audience,
                      .client_id = handoff.client_id,
                      .facility_code = handoff.facility_code,
                      .scope = handoff.scope,
                      .jti = jti,
                      .sid = sid,
                      .acr = pass::acr_of(evidence),
                      .amr = pass::amr_of(evidence),
                      .roles = handoff.roles,
                      .issued_at = now,
                      .expires_at = end,
                      .auth_time = from_unix_seconds(auth_time),
                      .certificate = binding.thumbprint,
                      .dpop = binding.dpop};
}

}  // namespace tegata::activation
