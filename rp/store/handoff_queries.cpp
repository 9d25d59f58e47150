// Reading hand-offs.
#include "rp/store/engine/connection.h"
#include "rp/store/handoffs.h"
#include "rp/store/open_handoffs.h"
#include "rp/store/own_passes.h"

namespace tegata::store {
namespace {

#define SELECT_HANDOFF                                                                                         \
  "SELECT id, kind, state, secret, owner, owner_until, number, challenge, practitioner_id, device, reason, "   \
  "credential_id, created_at, expires_at, fulfilled_at, origin, session, device_code, user_code, client_id, "  \
  "facility_code, certificate, terminal_id, terminal_name, login_hint, scope, audience, acr_values, request, " \
  "evidence, flow, COALESCE(basis, 0), unproved, roles, client_key, redirect_uri "                             \
  "FROM handoff "

#define OPEN_ACTIVATION "kind = 'activation' AND state IN ('created', 'claimed', 'fulfilled') AND expires_at > :now "

void read_activation(engine::Row& row, Handoff& out) {
  out.device_code = row.optional_digest();
  out.user_code = row.text();
  out.client_id = row.text();
  out.facility_code = row.text();
  out.certificate = row.optional_digest();
  out.terminal_id = row.text();
  out.terminal_name = row.text();
  out.login_hint = row.text();
  out.scope = row.text();
  out.audience = row.text();
  out.acr_values = row.text();
  out.request = row.json();
  out.evidence = row.json();
  out.flow = row.text();
  if (const auto basis = row.integer(); basis != 0) out.basis = basis;
  out.unproved = row.flag();
  out.roles = row.strings();
  out.client_key = row.optional_text();
  out.redirect_uri = row.text();
}

void read_kind_and_state(engine::Row& row, Handoff& out) {
  const auto kind = handoff::parse_kind(row.text());
  const auto state = handoff::parse_state(row.text());
  if (!kind || !state) return row.damage();
  out.kind = *kind;
  out.state = *state;
}

Handoff read_handoff(engine::Row& row) {
  Handoff out;
  out.id = row.text();
  read_kind_and_state(row, out);
  out.secret = row.digest();
  out.owner = row.optional_digest();
  out.owner_until = row.optional_instant();
  out.number = row.text();
  out.challenge = row.optional_bytes();
  out.practitioner_id = row.text();
  out.device = row.text();
  out.reason = row.text();
  out.credential_id = row.optional_bytes();
  out.created_at = row.instant();
  out.expires_at = row.instant();
  out.fulfilled_at = row.optional_instant();
  out.origin = row.text();
  out.session = row.optional_digest();
  read_activation(row, out);
  return out;
}

}  // namespace

Result<std::optional<Handoff>> find_handoff(Reader& reader, const std::string& id) {
  return reader.connection().find<Handoff>(SELECT_HANDOFF "WHERE id = :id", {{":id", id}}, read_handoff);
}

Result<std::optional<Handoff>> find_handoff_by_secret(Reader& reader, handoff::Kind kind, const Digest& secret) {
  return reader.connection().find<Handoff>(SELECT_HANDOFF "WHERE secret = :secret AND kind = :kind",
                                           {{":secret", secret}, {":kind", handoff::name(kind)}}, read_handoff);
}

Result<std::optional<Handoff>> find_activation_by_device_code(Reader& reader, const Digest& device_code) {
  return reader.connection().find<Handoff>(SELECT_HANDOFF "WHERE device_code = :device_code AND kind = 'activation'",
                                           {{":device_code", device_code}}, read_handoff);
}

Result<std::optional<Handoff>> find_activation_by_user_code(Reader& reader, const std::string& user_code, Instant now) {
  return reader.connection().find<Handoff>(SELECT_HANDOFF
                                           "WHERE user_code = :user_code AND user_code <> '' AND " OPEN_ACTIVATION,
                                           {{":user_code", user_code}, {":now", now}}, read_handoff);
}

Result<std::optional<Handoff>> find_enrollment_by_session(Reader& reader, const Digest& session) {
  return reader.connection().find<Handoff>(
      SELECT_HANDOFF "WHERE session = :session AND kind = 'enrollment' ORDER BY created_at DESC, rowid DESC LIMIT 1",
      {{":session", session}}, read_handoff);
}

Result<std::vector<Handoff>> confirmed_enrollments(Reader& reader, const std::string& practitioner_id,
                                                   const std::string& origin, Instant now) {
  return reader.connection().list<Handoff>(
      SELECT_HANDOFF
      "WHERE practitioner_id = :id AND origin = :origin AND kind = 'enrollment' AND state = 'confirmed' "
      "AND expires_at > :now ORDER BY created_at, rowid",
      {{":id", practitioner_id}, {":origin", origin}, {":now", now}}, read_handoff);
}

Result<std::vector<Handoff>> open_activations_of_terminal(Reader& reader, const std::string& client_id,
                                                          const std::string& terminal_id, Instant now) {
  return reader.connection().list<Handoff>(
      SELECT_HANDOFF "WHERE client_id = :client_id AND terminal_id = :terminal_id AND " OPEN_ACTIVATION
                     "ORDER BY created_at, rowid",
      {{":client_id", client_id}, {":terminal_id", terminal_id}, {":now", now}}, read_handoff);
}

Result<std::vector<Handoff>> approved_activations_of(Reader& reader, const std::string& practitioner_id, Instant now) {
  return reader.connection().list<Handoff>(SELECT_HANDOFF
                                           "WHERE " STATE_IS_OPEN
                                           " AND kind = 'activation' AND state = 'fulfilled' AND expires_at > :now "
                                           "AND practitioner_id = :practitioner ORDER BY fulfilled_at DESC, rowid DESC",
                                           {{":practitioner", practitioner_id}, {":now", now}}, read_handoff);
}

Result<std::vector<Handoff>> open_activations_of_practitioner(Reader& reader, const std::string& facility_code,
                                                              const std::string& login_hint, Instant now) {
  return reader.connection().list<Handoff>(
      SELECT_HANDOFF "WHERE facility_code = :facility_code AND login_hint = :login_hint AND " OPEN_ACTIVATION
                     "ORDER BY created_at, rowid",
      {{":facility_code", facility_code}, {":login_hint", login_hint}, {":now", now}}, read_handoff);
}

}  // namespace tegata::store
