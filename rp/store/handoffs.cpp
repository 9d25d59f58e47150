// Writing hand-offs: one INSERT, one UPDATE, and every condition inside them.
#include "rp/store/handoffs.h"

#include "rp/store/basis_stands.h"
#include "rp/store/engine/connection.h"
#include "rp/store/open_handoffs.h"

namespace tegata::store {
namespace {

// By which of its certificates the client shows itself now.
#define SHOWN_CERTIFICATE_STANDS                                                                                \
  "EXISTS (SELECT 1 FROM client_certificate k WHERE k.thumbprint = :shown AND k.client_id = handoff.client_id " \
  "AND k.active = 1 AND k.not_before <= :now AND k.not_after > :now)"
#define HANDOFF_BASIS_STANDS " AND (basis IS NULL OR " BASIS_STANDS("handoff.basis") ")"

// One UPDATE that names only the columns that change and the conditions that are asked: a column that is set rewrites
// every index that holds it, also where its value stays. The callers are few, so are the texts, and all stay prepared.
struct Update {
  std::string set, where;
  engine::Binding binding;

  template <typename T>
  void assign(const char* assignment, const char* parameter, const std::optional<T>& value) {
    if (!value) return;
    set += (set.empty() ? "" : ", ") + std::string(assignment);
    binding.push_back({parameter, *value});
  }
  template <typename T>
  void demand(const char* rule, const char* parameter, const std::optional<T>& value) {
    if (!value) return;
    where += std::string(" AND ") + rule;
    binding.push_back({parameter, *value});
  }
  std::string text() const { return "UPDATE handoff SET " + (set.empty() ? "state = state" : set) + " WHERE " + where; }
};

const std::string& insert_sql() {
  static const std::string sql =
      "INSERT INTO handoff (id, kind, state, secret, owner, owner_until, number, challenge, practitioner_id, device, "
      "reason, "
      "credential_id, created_at, expires_at, fulfilled_at, origin, session, device_code, user_code, client_id, "
      "facility_code, certificate, terminal_id, terminal_name, login_hint, scope, audience, acr_values, request, "
      "evidence, flow, unproved, roles, client_key, redirect_uri, basis) SELECT :id, :kind, :state, :secret, :owner, "
      ":owner_until, :number, :challenge, "
      ":practitioner_id, "
      ":device, :reason, "
      ":credential_id, :created_at, :expires_at, :fulfilled_at, :origin, :session, :device_code, :user_code, "
      ":client_id, :facility_code, :certificate, :terminal_id, :terminal_name, :login_hint, :scope, :audience, "
      ":acr_values, :request, :evidence, :flow, :unproved, :roles, :client_key, :redirect_uri, :basis "
      "WHERE (:kind = 'enrollment' AND " BASIS_STANDS(":basis") ") OR (:kind = 'activation' AND " +
      all_stand(standing_rules(new_request_rests_on())) + ") ON CONFLICT DO NOTHING";
  return sql;
}

engine::Binding columns_of_both(const Handoff& handoff) {
  return {{":id", handoff.id},
          {":kind", handoff::name(handoff.kind)},
          {":state", handoff::name(handoff.state)},
          {":secret", handoff.secret},
          {":owner", handoff.owner},
          {":owner_until", handoff.owner_until},
          {":number", handoff.number},
          {":challenge", handoff.challenge},
          {":practitioner_id", engine::Value::text_or_null(handoff.practitioner_id)},
          {":device", handoff.device},
          {":reason", handoff.reason},
          {":credential_id", handoff.credential_id},
          {":created_at", handoff.created_at},
          {":expires_at", handoff.expires_at},
          {":fulfilled_at", handoff.fulfilled_at},
          {":origin", handoff.origin},
          {":session", handoff.session},
          {":basis", handoff.basis}};
}

void add_columns_of_activation(engine::Binding& binding, const Handoff& handoff) {
  const engine::Binding more = {{":device_code", handoff.device_code},
                                {":user_code", handoff.user_code},
                                {":client_id", engine::Value::text_or_null(handoff.client_id)},
                                {":facility_code", engine::Value::text_or_null(handoff.facility_code)},
                                {":certificate", handoff.certificate},
                                {":terminal_id", handoff.terminal_id},
                                {":terminal_name", handoff.terminal_name},
                                {":login_hint", handoff.login_hint},
                                {":scope", handoff.scope},
                                {":audience", handoff.audience},
                                {":acr_values", handoff.acr_values},
                                {":request", handoff.request},
                                {":evidence", handoff.evidence},
                                {":flow", handoff.flow},
                                {":unproved", handoff.unproved},
                                {":roles", handoff.roles},
                                {":client_key", handoff.client_key},
                                {":redirect_uri", handoff.redirect_uri}};
  binding.insert(binding.end(), more.begin(), more.end());
}

// The rules of every moment, made once.
const std::vector<StandingRule>& rules_of(Standing standing, const Change& change) {
  static const auto request = standing_rules(request_rests_on(Standing::request));
  static const auto by_phone = standing_rules(request_rests_on(Standing::approval));
  static const auto by_card = standing_rules(request_rests_on(Standing::approval, false));
  static const auto whole = standing_rules(request_rests_on(Standing::whole));
  if (standing == Standing::request) return request;
  if (standing == Standing::whole) return whole;
  return change.credential_id ? by_phone : by_card;
}

void add_condition(Update& update, const Condition& condition, const Change& change) {
  update.demand("owner = :owner AND (owner_until IS NULL OR owner_until > :now)", ":owner", condition.owner);
  update.demand("session = :session", ":session", condition.session);
  update.demand("number = :number", ":number", condition.number);
  update.demand("challenge = :challenge", ":challenge", condition.challenge);
  update.demand("client_id = :client_id", ":client_id", condition.client_id);
  update.demand("certificate = :certificate", ":certificate", condition.certificate);
  update.demand(
      "EXISTS (SELECT 1 FROM practitioner p WHERE p.id = :practitioner AND p.active = 1 "
      "AND p.second_certificate_not_after > :now)",
      ":practitioner", condition.practitioner_in_good_standing);
  update.demand("(login_hint = '' OR login_hint = :login_hint)", ":login_hint", condition.login_hint);
  update.demand(SHOWN_CERTIFICATE_STANDS, ":shown", condition.shown_certificate);
  update.demand(
      "(SELECT COUNT(*) FROM handoff w WHERE w.kind = 'enrollment' AND w.practitioner_id = handoff.practitioner_id "
      "AND w.origin = handoff.origin AND w.state = 'confirmed' AND w.expires_at > :now "
      "AND json_extract(w.evidence, '$.approved_by') IS NULL) < :most_waiting",
      ":most_waiting", condition.most_waiting);
  if (condition.standing) update.where += " AND " + all_stand(rules_of(*condition.standing, change));
}

void add_change(Update& update, const Change& change) {
  update.assign("owner = :new_owner", ":new_owner", change.owner);
  update.assign("session = :new_session", ":new_session", change.session);
  update.assign("owner_until = :new_owner_until", ":new_owner_until", change.owner_until);
  update.assign("device_code = :new_device_code", ":new_device_code", change.device_code);
  update.assign("number = :new_number", ":new_number", change.number);
  if (change.clear_challenge) {
    update.set += update.set.empty() ? "challenge = NULL" : ", challenge = NULL";
  } else {
    update.assign("challenge = :new_challenge", ":new_challenge", change.challenge);
  }
  update.assign("practitioner_id = :new_practitioner", ":new_practitioner", change.practitioner_id);
  update.assign("device = :new_device", ":new_device", change.device);
  update.assign("reason = :new_reason", ":new_reason", change.reason);
  update.assign("credential_id = :new_credential", ":new_credential", change.credential_id);
  update.assign("expires_at = :new_expires_at", ":new_expires_at", change.expires_at);
  update.assign("fulfilled_at = :new_fulfilled_at", ":new_fulfilled_at", change.fulfilled_at);
  update.assign("evidence = :new_evidence", ":new_evidence", change.evidence);
  update.assign("roles = :new_roles", ":new_roles", change.roles);
  update.assign("basis = :new_basis", ":new_basis", change.basis);
  if (change.basis) update.where += " AND " BASIS_STANDS(":new_basis");
}

// "'created', 'claimed'": our own words, so they may stand in the text.
std::string list_of(const std::vector<handoff::State>& states) {
  std::string out;
  for (const auto state : states) {
    out += (out.empty() ? "'" : ", '") + std::string(handoff::name(state)) + "'";
  }
  return out;
}

// A condition: hand-offs of that kind that this event moves. Names of ours stand in the text: were the kind bound,
// SQLite would plan the statement anew whenever it changes, for an index of one kind alone.
std::string moved_by(handoff::Kind kind, handoff::Event event) {
  return "kind = '" + std::string(handoff::name(kind)) + "' AND " STATE_IS_OPEN " AND state IN (" +
         list_of(handoff::sources(kind, event)) + ")";
}

Update update_of(Transaction& transaction, const std::string& id, const std::vector<handoff::State>& states,
                 const Condition& condition, const Change& change) {
  Update out;
  out.where = "id = :id AND state IN (" + list_of(states) + ")";
  out.binding = {{":id", id}, {":now", transaction.now()}};
  add_condition(out, condition, change);
  add_change(out, change);
  return out;
}

Result<std::optional<ErrorCode>> first_lost(Reader& reader, const std::vector<StandingRule>& rules,
                                            const std::string& sql, const engine::Binding& binding) {
  std::optional<ErrorCode> out;
  TEGATA_TRY(reader.connection().each(
      sql, binding, [&](engine::Row& row) { out = reason_of(row, rules); }, true));
  return out;
}

// To the end of a ticket belongs the name of a phone that is bound already.
bool leads_on(handoff::Kind kind, handoff::Event event) {
  using handoff::Event;
  if (event == Event::close) return kind == handoff::Kind::activation;
  return event == Event::claim || event == Event::confirm || event == Event::fulfil;
}

}  // namespace

Result<bool> insert_handoff(Transaction& transaction, const Handoff& handoff) {
  auto binding = columns_of_both(handoff);
  add_columns_of_activation(binding, handoff);
  binding.push_back({":now", transaction.now()});
  TEGATA_ASSIGN(const auto inserted, transaction.connection().run(insert_sql(), binding));
  return inserted == 1;
}

Result<std::optional<ErrorCode>> lost_standing(Reader& reader, const std::string& id, Standing standing, Instant now,
                                               const Change& change) {
  const auto& rules = rules_of(standing, change);
  engine::Binding binding = {{":id", id}, {":now", now}};
  if (standing == Standing::approval) {
    binding.push_back({":new_practitioner", change.practitioner_id});
    binding.push_back({":new_roles", change.roles});
    binding.push_back({":new_evidence", change.evidence});
    binding.push_back({":new_basis", change.basis});
    if (change.credential_id) binding.push_back({":new_credential", change.credential_id});
  }
  return first_lost(reader, rules, "SELECT " + as_columns(rules) + " FROM handoff WHERE id = :id", binding);
}

Result<std::optional<ErrorCode>> lost_standing(Reader& reader, const Handoff& handoff, Instant now) {
  const auto rules = standing_rules(new_request_rests_on());
  const engine::Binding binding = {{":client_id", engine::Value::text_or_null(handoff.client_id)},
                                   {":facility_code", engine::Value::text_or_null(handoff.facility_code)},
                                   {":certificate", handoff.certificate},
                                   {":client_key", handoff.client_key},
                                   {":scope", handoff.scope},
                                   {":audience", handoff.audience},
                                   {":flow", handoff.flow},
                                   {":redirect_uri", handoff.redirect_uri},
                                   {":now", now}};
  return first_lost(reader, rules, "SELECT " + as_columns(rules), binding);
}

Result<bool> advance(Transaction& transaction, handoff::Kind kind, const std::string& id, handoff::Event event,
                     const Condition& condition, const Change& change) {
  auto update = update_of(transaction, id, handoff::sources(kind, event), condition, change);
  update.assign("state = :target", ":target", std::optional(handoff::name(handoff::target(event))));
  update.demand("kind = :kind", ":kind", std::optional(handoff::name(kind)));
  // A phone that is bound may take its time over its name.
  const bool in_no_haste = kind == handoff::Kind::enrollment && event == handoff::Event::close;
  const char* const in_time =
      in_no_haste ? " AND (expires_at > :now OR state = 'fulfilled')" : " AND expires_at > :now";
  update.where += event == handoff::Event::expire ? " AND expires_at <= :now" : in_time;
  if (leads_on(kind, event)) update.where += HANDOFF_BASIS_STANDS;
  TEGATA_ASSIGN(const auto moved, transaction.connection().run(update.text(), update.binding));
  return moved == 1;
}

Result<bool> amend(Transaction& transaction, const std::string& id, const std::vector<handoff::State>& states,
                   const Condition& condition, const Change& change) {
  auto update = update_of(transaction, id, states, condition, change);
  update.where += " AND expires_at > :now" HANDOFF_BASIS_STANDS;
  TEGATA_ASSIGN(const auto changed, transaction.connection().run(update.text(), update.binding));
  return changed == 1;
}

Result<std::int64_t> cancel_handoffs_of(Transaction& transaction, const std::string& practitioner_id,
                                        const std::string& reason) {
  std::int64_t total = 0;
  for (const auto kind : {handoff::Kind::enrollment, handoff::Kind::activation}) {
    const std::string sql = "UPDATE handoff SET state = 'cancelled', reason = :reason WHERE " +
                            moved_by(kind, handoff::Event::cancel) +
                            " AND (practitioner_id = :id OR login_hint = :id) AND expires_at > :now "
                            "AND (kind = 'activation' OR session IS NOT NULL)";
    TEGATA_ASSIGN(const auto cancelled,
                  transaction.connection().run(
                      sql, {{":reason", reason}, {":id", practitioner_id}, {":now", transaction.now()}}));
    total += cancelled;
  }
  return total;
}

Result<std::int64_t> cancel_all_handoffs(Transaction& transaction, handoff::Kind kind, const std::string& reason) {
  return transaction.connection().run("UPDATE handoff SET state = 'cancelled', reason = :reason WHERE " +
                                          moved_by(kind, handoff::Event::cancel) + " AND expires_at > :now",
                                      {{":reason", reason}, {":now", transaction.now()}});
}

Status forget_unproved(Transaction& transaction, Instant before, std::int64_t limit) {
  TEGATA_TRY(transaction.connection().run(
      "DELETE FROM handoff WHERE id IN (SELECT id FROM handoff WHERE unproved = 1 AND practitioner_id IS NULL "
      "AND expires_at <= :before ORDER BY expires_at LIMIT :limit)",
      {{":before", before}, {":limit", limit}}));
  return {};
}

Result<std::int64_t> expire_overdue(Transaction& transaction, std::int64_t limit) {
  std::int64_t total = 0;
  for (const auto kind : {handoff::Kind::enrollment, handoff::Kind::activation}) {
    const std::string sql = "UPDATE handoff SET state = 'expired' WHERE id IN (SELECT id FROM handoff WHERE " +
                            moved_by(kind, handoff::Event::expire) +
                            " AND expires_at <= :now ORDER BY expires_at LIMIT :limit)";
    TEGATA_ASSIGN(const auto moved,
                  transaction.connection().run(sql, {{":now", transaction.now()}, {":limit", limit - total}}));
    total += moved;
  }
  if (total > 0) {
    transaction.audit({"handoffs_expired", "system", "handoff", "", Json{{"count", total}}, "", ""});
  }
  return total;
}

}  // namespace tegata::store
