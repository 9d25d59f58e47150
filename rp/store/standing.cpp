#include "rp/store/standing.h"

#include "rp/pass/pass.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"
#include "rp/store/open_handoffs.h"

namespace tegata::store {
namespace {

namespace e = errors;
using std::string;

string milliseconds_of(std::chrono::milliseconds time) { return std::to_string(time.count()); }

// The client, where it is still the facility's and both are active.
string requester_stands(const RestsOn& on) {
  return "EXISTS (SELECT 1 FROM client c JOIN facility f ON f.code = c.facility_code WHERE c.client_id = " + on.client +
         " AND f.code = " + on.facility + " AND c.active = 1 AND f.active = 1)";
}

// A condition on the client's row.
string client_has(const RestsOn& on, const string& what) {
  return "EXISTS (SELECT 1 FROM client c WHERE c.client_id = " + on.client + " AND " + what + ")";
}

string is_in(const string& value, const string& list) {
  return "EXISTS (SELECT 1 FROM json_each(" + list + ") o WHERE o.value = " + value + ")";
}

// Without a certificate only clients of private_key_jwt may ask, and whoever asks in a browser.
string certificate_stands(const RestsOn& on) {
  const string shown = "EXISTS (SELECT 1 FROM client_certificate k WHERE k.thumbprint = " + on.certificate +
                       " AND k.client_id = " + on.client +
                       " AND k.active = 1 AND k.not_before <= :now AND k.not_after > :now)";
  const string none = on.flow.empty() ? on.certificate + " IS NULL"
                                      : "(" + on.certificate + " IS NULL AND (" + on.flow + " = 'code' OR " +
                                            client_has(on, "c.auth_method = 'private_key_jwt'") + "))";
  return none + " OR " + shown;
}

// A client that was not changed since its keys are kept has the keys that it had.
string client_key_stands(const RestsOn& on) {
  return on.client_key + " IS NULL OR " +
         client_has(on, "(c.key_thumbprints IS NULL OR " + is_in(on.client_key, "c.key_thumbprints") + ")");
}

// A scope as a list. Its words have neither quotes nor backslashes (RFC 6749 section 3.3): each stood in the client's.
string words_of(const string& scope) { return "('[\"' || replace(" + scope + ", ' ', '\",\"') || '\"]')"; }

string scopes_stand(const RestsOn& on) {
  return "NOT EXISTS (SELECT 1 FROM json_each(" + on.scopes + ") w WHERE w.value <> '' AND NOT " +
         client_has(on, is_in("w.value", "c.scopes")) + ")";
}

string person_stands(const RestsOn& on) {
  return "EXISTS (SELECT 1 FROM practitioner r WHERE r.id = " + on.person +
         " AND r.active = 1 AND r.second_certificate_not_after > :now)";
}

string roles_stand(const RestsOn& on) {
  return "NOT EXISTS (SELECT 1 FROM json_each(" + on.roles +
         ") w WHERE NOT EXISTS (SELECT 1 FROM practitioner r WHERE r.id = " + on.person + " AND " +
         is_in("w.value", "r.roles") + "))";
}

// A condition on the facility's row.
string facility_has(const RestsOn& on, const string& what) {
  return "EXISTS (SELECT 1 FROM facility f WHERE f.code = " + on.facility + " AND " + what + ")";
}

// The one place where an approval is asked whether it was by hardware.
string by_hardware(const RestsOn& on) { return "COALESCE(json_extract(" + on.evidence + ", '$.hardware'), 0) = 1"; }

string hardware_stands(const RestsOn& on) {
  return by_hardware(on) + " OR " + facility_has(on, "f.profile = 'standard'");
}

// As pass::pass_end counts: the profile's hours, and the next cut-off (Japan time, which knows no summer time).
string hours_stand(const RestsOn& on) {
  using namespace std::chrono_literals;
  const string japan = milliseconds_of(9h), day = milliseconds_of(24h);
  const string issued = "(" + on.issued_at + " + " + japan + ")";
  const string cut_off = "(CAST(substr(f.day_cut_off, 1, 2) AS INTEGER) * " + milliseconds_of(1h) +
                         " + CAST(substr(f.day_cut_off, 4, 2) AS INTEGER) * " + milliseconds_of(1min) + ")";
  const string of_that_day = "(" + issued + " - " + issued + " % " + day + " + " + cut_off + ")";
  const string next = "CASE WHEN " + of_that_day + " > " + issued + " THEN " + of_that_day + " ELSE " + of_that_day +
                      " + " + day + " END";
  return facility_has(on, on.issued_at + " + CASE f.profile WHEN 'standard' THEN " +
                              milliseconds_of(pass::standard_hours) + " ELSE " + milliseconds_of(pass::strict_hours) +
                              " END > :now AND (f.day_cut_off IS NULL OR " + next + " > :now + " + japan + ")");
}

string no_phone(const RestsOn& on) { return "COALESCE(length(" + on.credential + "), 0) = 0 OR "; }

string phone_stands(const RestsOn& on) {
  return no_phone(on) + "EXISTS (SELECT 1 FROM credential d WHERE d.id = " + on.credential +
         " AND d.practitioner_id = " + on.person + " AND d.removed_at IS NULL)";
}

// A statement of U2F signs no AAGUID.
string model_stands(const RestsOn& on) {
  return "NOT EXISTS (SELECT 1 FROM credential d JOIN unwanted_model m ON m.aaguid = d.aaguid WHERE d.id = " +
         on.credential + " AND d.attestation_format <> 'fido-u2f' AND m.since <= :now)";
}

string basis_stands(const RestsOn& on) {
  return "EXISTS (SELECT 1 FROM basis b WHERE b.id = " + on.basis + " AND b.ended_at IS NULL)";
}

void add_requester_rules(std::vector<StandingRule>& out, const RestsOn& on) {
  out.push_back({e::store_pass_facility_ended, Right::requester, requester_stands(on)});
  out.push_back({e::store_pass_certificate_ended, Right::requester, certificate_stands(on)});
  out.push_back({e::right_client_key_replaced, Right::client, client_key_stands(on)});
  out.push_back({e::right_scope_taken, Right::client, scopes_stand(on)});
  out.push_back({e::right_audience_taken, Right::client, client_has(on, is_in(on.audience, "c.audiences"))});
  if (on.redirect_uri.empty()) return;
  out.push_back({e::right_redirect_uri_taken, Right::client,
                 on.redirect_uri + " = '' OR " + client_has(on, is_in(on.redirect_uri, "c.redirect_uris"))});
}

void add_phone_rules(std::vector<StandingRule>& out, const RestsOn& on) {
  if (on.credential.empty()) return;
  out.push_back({e::store_pass_credential_removed, Right::phone, phone_stands(on)});
  out.push_back({e::right_model_unwanted, Right::model, model_stands(on)});
}

// --- What a narrowed right ends

struct Fallen {
  string holds;   // all of the rules
  string reason;  // of the first that does not
};

Fallen fallen(const std::vector<StandingRule>& rules, Right right) {
  std::vector<StandingRule> those;
  Fallen out;
  for (const auto& rule : rules) {
    if (rule.right != right) continue;
    those.push_back(rule);
    out.reason += " WHEN NOT (" + rule.holds + ") THEN '" + string(rule.reason.name()) + "'";
  }
  out.holds = all_stand(those);
  out.reason = those.empty() ? "''" : "CASE" + out.reason + " END";
  return out;
}

// Whose requests or passes; `table` qualifies the columns.
string whose_are(Right right, const string& table) {
  if (right == Right::client) return " AND " + table + ".client_id = :whose";
  if (right == Right::facility) return " AND " + table + ".facility_code = :whose";
  return "";
}

Result<std::int64_t> end_fallen_requests(Transaction& transaction, Standing standing, const string& states, Right right,
                                         const engine::Binding& binding) {
  const Fallen those = fallen(standing_rules(request_rests_on(standing)), right);
  return transaction.connection().run("UPDATE handoff SET state = 'cancelled', reason = " + those.reason +
                                          " WHERE " STATE_IS_OPEN
                                          " AND expires_at > :now AND kind = 'activation' AND " +
                                          states + whose_are(right, "handoff") + " AND NOT " + those.holds,
                                      binding);
}

Result<std::int64_t> end_fallen_passes(Transaction& transaction, Right right, const engine::Binding& binding) {
  const Fallen those = fallen(standing_rules(pass_rests_on()), right);
  return transaction.connection().run("UPDATE pass AS p SET revoked_at = :now, revoked_why = " + those.reason +
                                          " WHERE p.revoked_at IS NULL AND p.expires_at > :now" +
                                          whose_are(right, "p") + " AND NOT " + those.holds,
                                      binding);
}

// Who asks, and for what: the columns of a request, or the parameters of the same names.
RestsOn asked_for(const string& of) {
  RestsOn out;
  out.client = of + "client_id";
  out.facility = of + "facility_code";
  out.certificate = of + "certificate";
  out.client_key = of + "client_key";
  out.scopes = words_of(of + "scope");
  out.audience = of + "audience";
  out.flow = of + "flow";
  out.redirect_uri = of + "redirect_uri";
  return out;
}

}  // namespace

RestsOn pass_rests_on() {
  RestsOn out;
  out.client = "p.client_id";
  out.facility = "p.facility_code";
  out.certificate = "p.client_certificate";
  out.client_key = "p.client_key";
  out.scopes = "p.scopes";
  out.audience = "p.audience";
  out.person = "p.practitioner_id";
  out.roles = "p.roles";
  out.evidence = "p.evidence";
  out.credential = "p.credential_id";
  out.basis = "p.basis";
  out.issued_at = "p.issued_at";
  return out;
}

RestsOn request_rests_on(Standing standing, bool with_phone) {
  const string of = "handoff.";
  RestsOn out = asked_for(of);
  if (standing == Standing::request) return out;
  const bool now = standing == Standing::approval;
  out.person = now ? ":new_practitioner" : of + "practitioner_id";
  out.roles = now ? ":new_roles" : of + "roles";
  out.evidence = now ? ":new_evidence" : of + "evidence";
  out.basis = now ? ":new_basis" : of + "basis";
  if (with_phone) out.credential = now ? ":new_credential" : of + "credential_id";
  return out;
}

RestsOn new_request_rests_on() { return asked_for(":"); }

std::vector<StandingRule> standing_rules(const RestsOn& on) {
  std::vector<StandingRule> out;
  if (!on.person.empty()) out.push_back({e::store_pass_practitioner_ended, Right::person, person_stands(on)});
  add_requester_rules(out, on);
  if (on.person.empty()) return out;
  out.push_back({e::right_role_taken, Right::person, roles_stand(on)});
  out.push_back({e::right_hardware_wanted, Right::facility, hardware_stands(on)});
  if (!on.issued_at.empty()) out.push_back({e::right_hours_over, Right::facility, hours_stand(on)});
  add_phone_rules(out, on);
  out.push_back({e::right_basis_ended, Right::phone, basis_stands(on)});
  return out;
}

std::string all_stand(const std::vector<StandingRule>& rules) {
  string out;
  for (const auto& rule : rules) out += (out.empty() ? "(" : " AND (") + rule.holds + ")";
  return out.empty() ? "(1 = 1)" : "(" + out + ")";
}

std::string as_columns(const std::vector<StandingRule>& rules) {
  string out;
  for (const auto& rule : rules) out += (out.empty() ? "(" : ", (") + rule.holds + ")";
  return out;
}

std::optional<ErrorCode> reason_of(engine::Row& row, const std::vector<StandingRule>& rules) {
  std::optional<ErrorCode> out;
  for (const auto& rule : rules) {
    const bool holds = row.flag();
    if (!holds && !out) out = rule.reason;
  }
  return out;
}

Result<EndedRequests> end_fallen(Transaction& transaction, Right right, const std::string& whose) {
  engine::Binding binding = {{":now", transaction.now()}};
  if (!whose_are(right, "p").empty()) binding.push_back({":whose", whose});
  EndedRequests out;
  TEGATA_ASSIGN(const auto open,
                end_fallen_requests(transaction, Standing::request, "state IN ('created', 'claimed')", right, binding));
  TEGATA_ASSIGN(const auto approved,
                end_fallen_requests(transaction, Standing::whole, "state = 'fulfilled'", right, binding));
  out.requests = open + approved;
  TEGATA_ASSIGN(out.passes, end_fallen_passes(transaction, right, binding));
  return out;
}

}  // namespace tegata::store
