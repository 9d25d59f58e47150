#include "rp/sandbox/sample_check.h"

#include <algorithm>

#include "rp/base/ascii.h"
#include "rp/base/split.h"
#include "rp/pass/dpop.h"
#include "rp/sandbox/https.h"

namespace tegata::sandbox {
namespace {

CheckVerdict refuse(const std::string& scheme, const std::string& error) {
  return {401, scheme + " error=\"" + error + "\"", {{"error", error}}};
}

// RFC 9470 section 3: what would be enough stands in the challenge, for the client to ask for.
CheckVerdict demand_more(const CheckCall& call, const std::string& scheme) {
  auto out = refuse(scheme, "insufficient_user_authentication");
  if (!call.acr_values.empty()) out.challenge += ", acr_values=\"" + call.acr_values + "\"";
  if (!call.max_age.empty()) out.challenge += ", max_age=\"" + call.max_age + "\"";
  return out;
}

// A hardware-protected key is enough where a phishing-resistant one is asked for.
bool reaches(const std::string& acr, const std::string& acr_values) {
  if (acr_values.empty()) return true;
  const auto wanted = split(acr_values, ' ');
  const auto has = [&](const char* level) { return std::find(wanted.begin(), wanted.end(), level) != wanted.end(); };
  return std::find(wanted.begin(), wanted.end(), acr) != wanted.end() || (acr == "phrh" && has("phr"));
}

bool is_recent(const Json& answer, const std::string& max_age, Instant now) {
  if (max_age.empty()) return true;
  return unix_seconds(now) - answer.value("auth_time", std::int64_t{0}) <= std::stoll(max_age);
}

bool is_well_formed(const CheckCall& call) {
  const auto digits =
      std::all_of(call.max_age.begin(), call.max_age.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto plain = std::all_of(call.acr_values.begin(), call.acr_values.end(),
                                 [](char c) { return c == ' ' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  return digits && plain && call.max_age.size() <= 9 && call.acr_values.size() <= 64;
}

// The member of a proof that binds it to one pass (RFC 9449 section 4.2).
std::string hash_in(const std::string& proof) {
  const auto parts = split(proof, '.');
  if (parts.size() != 3) return {};
  const auto payload = parse_base64url(parts[1]);
  const auto json = payload ? parse_json(as_text(*payload), {8192, 8}) : Result<Json>(payload.error());
  return json && json->is_object() ? json->value("ath", "") : "";
}

}  // namespace

bool SampleCheck::is_new(const std::string& jti, Instant forget_after) {
  const std::lock_guard lock(mutex_);
  std::erase_if(proofs_, [now = clock_.now()](const auto& seen) { return seen.second <= now; });
  return proofs_.emplace(jti, forget_after).second;
}

bool SampleCheck::holds_key(const CheckCall& call, const std::string& pass, const std::string& jkt) {
  const auto proof = pass::verify_dpop_proof(call.proof, "POST", call.url, clock_.now());
  return proof && base64url(proof->thumbprint()) == jkt && hash_in(call.proof) == base64url(sha256(pass)) &&
         is_new(jkt + "\n" + proof->jti(), proof->forget_after());
}

CheckVerdict SampleCheck::judge(const CheckCall& call) {
  if (!is_well_formed(call)) return {400, {}, {{"error", "invalid_request"}}};
  const auto space = std::min(call.authorization.find(' '), call.authorization.size());
  const auto said = ascii_lower(call.authorization.substr(0, space));  // of no case: RFC 9110 section 11.1
  const auto pass = call.authorization.substr(std::min(space + 1, call.authorization.size()));
  const bool by_key = said == "dpop";
  const std::string scheme = by_key ? "DPoP" : "Bearer";
  if (pass.empty() || (!by_key && (said != "bearer" || call.caller.empty()))) return refuse(scheme, "invalid_token");
  const auto& service = sandbox_.at("signature_service");
  HttpsClient facility(sandbox_.at("facility_origin"), {sandbox_.at("tls_ca"), service.at("cert"), service.at("key")},
                       false);
  std::map<std::string, std::string> form{{"client_id", service.at("client_id")}, {"token", pass}};
  if (!by_key) form["presented_x5t_s256"] = call.caller;
  const auto answer = facility.post_form("/introspect", form);
  if (!answer || answer->status != 200) return {503, {}, {{"error", "temporarily_unavailable"}}};
  if (!answer->body.value("active", false)) return refuse(scheme, "invalid_token");
  // Of a certificate the answer to `presented_x5t_s256` is the judgement: another active certificate of the facility
  // counts where the facility is registered so, and then `cnf` names another than the caller's. A key is judged here.
  const auto jkt = answer->body.value("/cnf/jkt"_json_pointer, std::string());
  const auto x5t = answer->body.value("/cnf/x5t#S256"_json_pointer, std::string());
  if (by_key ? jkt.empty() : x5t.empty()) return refuse(scheme, "invalid_token");
  if (by_key && !holds_key(call, pass, jkt)) return refuse(scheme, "invalid_dpop_proof");
  if (!reaches(answer->body.value("acr", ""), call.acr_values) ||
      !is_recent(answer->body, call.max_age, clock_.now())) {
    return demand_more(call, scheme);
  }
  return {200, {}, {{"accepted", true}, {"sub", answer->body.value("sub", "")}}};
}

}  // namespace tegata::sandbox
