// Writing hand-offs: one INSERT, one UPDATE, and every condition inside them.
#include "rp/store/handoffs.h"

#include "rp/store/connection.h"

namespace tegata::store {
namespace {

constexpr std::size_t most_states = std::size(handoff::all_states);

// Facility, client and certificate of an activation: all active, the certificate in its validity.
#define REQUESTER_STANDS(client, facility, certificate)                                                          \
  "EXISTS (SELECT 1 FROM client c JOIN facility f ON f.code = c.facility_code "                                  \
  "JOIN client_certificate k ON k.client_id = c.client_id WHERE c.client_id = " client " AND f.code = " facility \
  " AND k.thumbprint = " certificate                                                                             \
  " AND c.active = 1 AND f.active = 1 AND k.active = 1 "                                                         \
  "AND k.not_before <= :now AND k.not_after > :now)"

#define SET_CHANGE                                                                                                 \
  "owner = COALESCE(:new_owner, owner), number = COALESCE(:new_number, number), "                                  \
  "challenge = CASE WHEN :clear_challenge = 1 THEN NULL ELSE COALESCE(:new_challenge, challenge) END, "            \
  "practitioner_id = COALESCE(:new_practitioner, practitioner_id), device = COALESCE(:new_device, device), "       \
  "reason = COALESCE(:new_reason, reason), credential_id = COALESCE(:new_credential, credential_id), "             \
  "expires_at = COALESCE(:new_expires_at, expires_at), fulfilled_at = COALESCE(:new_fulfilled_at, fulfilled_at), " \
  "evidence = COALESCE(:new_evidence, evidence) "

#define WHERE_CONDITION                                                                            \
  "WHERE id = :id AND state IN (:s0, :s1, :s2, :s3, :s4, :s5, :s6, :s7) "                          \
  "AND (:owner IS NULL OR owner = :owner) AND (:session IS NULL OR session = :session) "           \
  "AND (:number IS NULL OR number = :number) AND (:challenge IS NULL OR challenge = :challenge) "  \
  "AND (:client_id IS NULL OR client_id = :client_id) "                                            \
  "AND (:certificate IS NULL OR certificate = :certificate) "                                      \
  "AND (:practitioner IS NULL OR EXISTS (SELECT 1 FROM practitioner p WHERE p.id = :practitioner " \
  "AND p.active = 1 AND p.second_certificate_not_after > :now)) "                                  \
  "AND (:login_hint IS NULL OR login_hint = '' OR login_hint = :login_hint) "                      \
  "AND (:credential = 0 OR EXISTS (SELECT 1 FROM credential d WHERE d.id = handoff.credential_id " \
  "AND d.practitioner_id = handoff.practitioner_id AND d.removed_at IS NULL)) "                    \
  "AND (:requester = 0 OR " REQUESTER_STANDS("handoff.client_id", "handoff.facility_code", "handoff.certificate") ") "

constexpr std::string_view insert_sql =
    "INSERT INTO handoff (id, kind, state, secret, owner, number, challenge, practitioner_id, device, reason, "
    "credential_id, created_at, expires_at, fulfilled_at, origin, session, device_code, user_code, client_id, "
    "facility_code, certificate, terminal_id, terminal_name, login_hint, scope, audience, acr_values, request, "
    "evidence) SELECT :id, :kind, :state, :secret, :owner, :number, :challenge, :practitioner_id, :device, :reason, "
    ":credential_id, :created_at, :expires_at, :fulfilled_at, :origin, :session, :device_code, :user_code, "
    ":client_id, :facility_code, :certificate, :terminal_id, :terminal_name, :login_hint, :scope, :audience, "
    ":acr_values, :request, :evidence WHERE :kind = 'enrollment' OR " REQUESTER_STANDS(
        ":client_id", ":facility_code", ":certificate") " ON CONFLICT DO NOTHING";

Binding columns_of_both(const Handoff& handoff) {
  return {{":id", handoff.id},
          {":kind", handoff::name(handoff.kind)},
          {":state", handoff::name(handoff.state)},
          {":secret", handoff.secret},
          {":owner", handoff.owner},
          {":number", handoff.number},
          {":challenge", handoff.challenge},
          {":practitioner_id", Value::text_or_null(handoff.practitioner_id)},
          {":device", handoff.device},
          {":reason", handoff.reason},
          {":credential_id", handoff.credential_id},
          {":created_at", handoff.created_at},
          {":expires_at", handoff.expires_at},
          {":fulfilled_at", handoff.fulfilled_at},
          {":origin", handoff.origin},
          {":session", handoff.session}};
}

void add_columns_of_activation(Binding& binding, const Handoff& handoff) {
  const Binding more = {{":device_code", handoff.device_code},
                        {":user_code", handoff.user_code},
                        {":client_id", Value::text_or_null(handoff.client_id)},
                        {":facility_code", Value::text_or_null(handoff.facility_code)},
                        {":certificate", handoff.certificate},
                        {":terminal_id", handoff.terminal_id},
                        {":terminal_name", handoff.terminal_name},
                        {":login_hint", handoff.login_hint},
                        {":scope", handoff.scope},
                        {":audience", handoff.audience},
                        {":acr_values", handoff.acr_values},
                        {":request", handoff.request},
                        {":evidence", handoff.evidence}};
  binding.insert(binding.end(), more.begin(), more.end());
}

Binding bind_condition(const Condition& condition) {
  return {{":owner", condition.owner},
          {":session", condition.session},
          {":number", condition.number},
          {":challenge", condition.challenge},
          {":client_id", condition.client_id},
          {":certificate", condition.certificate},
          {":practitioner", condition.practitioner_in_good_standing},
          {":login_hint", condition.login_hint},
          {":requester", condition.requester_in_good_standing},
          {":credential", condition.credential_in_good_standing}};
}

void add_change(Binding& binding, const Change& change) {
  const Binding more = {{":new_owner", change.owner},
                        {":new_number", change.number},
                        {":new_challenge", change.challenge},
                        {":clear_challenge", change.clear_challenge},
                        {":new_practitioner", change.practitioner_id},
                        {":new_device", change.device},
                        {":new_reason", change.reason},
                        {":new_credential", change.credential_id},
                        {":new_expires_at", change.expires_at},
                        {":new_fulfilled_at", change.fulfilled_at},
                        {":new_evidence", change.evidence}};
  binding.insert(binding.end(), more.begin(), more.end());
}

// One fixed statement for every set of states: what is not used is NULL, which equals nothing.
void add_states(Binding& binding, const std::vector<handoff::State>& states) {
  constexpr const char* names[most_states] = {":s0", ":s1", ":s2", ":s3", ":s4", ":s5", ":s6", ":s7"};
  for (std::size_t i = 0; i < most_states; ++i) {
    binding.push_back({names[i], i < states.size() ? Value(handoff::name(states[i])) : Value(std::nullopt)});
  }
}

Binding bind_move(Transaction& transaction, const std::string& id, const std::vector<handoff::State>& states,
                  const Condition& condition, const Change& change) {
  auto binding = bind_condition(condition);
  add_change(binding, change);
  add_states(binding, states);
  binding.push_back({":id", id});
  binding.push_back({":now", transaction.now()});
  return binding;
}

}  // namespace

Result<bool> insert_handoff(Transaction& transaction, const Handoff& handoff) {
  auto binding = columns_of_both(handoff);
  add_columns_of_activation(binding, handoff);
  binding.push_back({":now", transaction.now()});
  TEGATA_ASSIGN(const auto inserted, transaction.connection().run(insert_sql, binding));
  return inserted == 1;
}

Result<bool> advance(Transaction& transaction, handoff::Kind kind, const std::string& id, handoff::Event event,
                     const Condition& condition, const Change& change) {
  constexpr std::string_view while_live =
      "UPDATE handoff SET state = :target, " SET_CHANGE WHERE_CONDITION "AND kind = :kind AND expires_at > :now";
  constexpr std::string_view when_over =
      "UPDATE handoff SET state = :target, " SET_CHANGE WHERE_CONDITION "AND kind = :kind AND expires_at <= :now";
  auto binding = bind_move(transaction, id, handoff::sources(kind, event), condition, change);
  binding.push_back({":target", handoff::name(handoff::target(event))});
  binding.push_back({":kind", handoff::name(kind)});
  const bool expires = event == handoff::Event::expire;
  TEGATA_ASSIGN(const auto moved, transaction.connection().run(expires ? when_over : while_live, binding));
  return moved == 1;
}

Result<bool> amend(Transaction& transaction, const std::string& id, const std::vector<handoff::State>& states,
                   const Condition& condition, const Change& change) {
  constexpr std::string_view sql = "UPDATE handoff SET " SET_CHANGE WHERE_CONDITION "AND expires_at > :now";
  TEGATA_ASSIGN(const auto changed,
                transaction.connection().run(sql, bind_move(transaction, id, states, condition, change)));
  return changed == 1;
}

Result<std::int64_t> expire_overdue(Transaction& transaction, std::int64_t limit) {
  constexpr std::string_view sql =
      "UPDATE handoff SET state = 'expired' WHERE id IN (SELECT id FROM handoff WHERE kind = :kind "
      "AND state IN ('created', 'claimed', 'confirmed', 'fulfilled') "
      "AND state IN (:s0, :s1, :s2, :s3, :s4, :s5, :s6, :s7) AND expires_at <= :now ORDER BY expires_at LIMIT :limit)";
  std::int64_t total = 0;
  for (const auto kind : {handoff::Kind::enrollment, handoff::Kind::activation}) {
    Binding binding = {
        {":kind", handoff::name(kind)}, {":now", transaction.now()}, {":limit", std::int64_t{limit - total}}};
    add_states(binding, handoff::sources(kind, handoff::Event::expire));
    TEGATA_ASSIGN(const auto moved, transaction.connection().run(sql, binding));
    total += moved;
  }
  if (total > 0) {
    transaction.audit({"handoffs_expired", "system", "handoff", "", Json{{"count", total}}, "", ""});
  }
  return total;
}

}  // namespace tegata::store
