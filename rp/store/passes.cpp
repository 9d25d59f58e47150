#include "rp/store/passes.h"

#include "rp/store/basis_stands.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"
#include "rp/store/own_passes.h"

namespace tegata::store {
namespace {

#define PASS_COLUMNS                                                                                  \
  "p.jti, p.handoff_id, p.practitioner_id, p.client_id, p.facility_code, p.audience, p.certificate, " \
  "p.credential_id, p.claims, p.issued_at, p.expires_at, p.revoked_at, p.revoked_why, p.dpop, "       \
  "p.client_certificate, COALESCE(p.basis, 0), p.kid, p.scopes, p.roles, p.evidence, p.client_key"

IssuedPass read_pass(engine::Row& row) {
  IssuedPass out;
  out.jti = row.text();
  out.handoff_id = row.text();
  out.practitioner_id = row.text();
  out.client_id = row.text();
  out.facility_code = row.text();
  out.audience = row.text();
  out.certificate = row.digest();
  out.credential_id = row.bytes();
  out.claims = row.json();
  out.issued_at = row.instant();
  out.expires_at = row.instant();
  out.revoked_at = row.optional_instant();
  out.revoked_why = row.text();
  out.dpop = row.flag();
  out.client_certificate = row.optional_digest();
  if (const auto basis = row.integer(); basis != 0) out.basis = basis;
  out.kid = row.text();
  out.scopes = row.strings();
  out.roles = row.strings();
  out.evidence = row.json();
  out.client_key = row.optional_text();
  return out;
}

// What ends a pass by itself, then what it rests on.
const std::vector<StandingRule>& pass_rules() {
  static const auto all = [] {
    std::vector<StandingRule> out = {{errors::store_pass_revoked, Right::requester, "p.revoked_at IS NULL"},
                                     {errors::store_pass_expired, Right::requester, "p.expires_at > :now"}};
    for (auto& rule : standing_rules(pass_rests_on())) out.push_back(std::move(rule));
    return out;
  }();
  return all;
}

PassStatus read_status(engine::Row& row) {
  PassStatus out;
  out.pass = read_pass(row);
  const auto reason = reason_of(row, pass_rules());
  if (reason) out.reason = reason->name();
  out.any_active_certificate = row.flag();
  out.active = !reason;
  return out;
}

}  // namespace

Status insert_pass(Transaction& transaction, const IssuedPass& pass) {
  TEGATA_ASSIGN(
      const auto inserted,
      transaction.connection().run(
          "INSERT INTO pass (jti, handoff_id, practitioner_id, client_id, facility_code, audience, certificate, "
          "credential_id, claims, issued_at, expires_at, revoked_at, revoked_why, dpop, client_certificate, "
          "basis, kid, scopes, roles, evidence, client_key) SELECT :jti, :handoff_id, "
          ":practitioner_id, :client_id, :facility_code, :audience, :certificate, :credential_id, :claims, :issued_at, "
          ":expires_at, :revoked_at, :revoked_why, :dpop, :client_certificate, :basis, :kid, "
          ":scopes, :roles, :evidence, :client_key "
          "WHERE NOT EXISTS (SELECT 1 FROM signing_key k WHERE k.kid = :kid AND k.withdrawn_at IS NOT NULL) "
          "AND " BASIS_STANDS(":basis"),
          {{":jti", pass.jti},
           {":handoff_id", pass.handoff_id},
           {":practitioner_id", pass.practitioner_id},
           {":client_id", pass.client_id},
           {":facility_code", pass.facility_code},
           {":audience", pass.audience},
           {":certificate", pass.certificate},
           {":credential_id", pass.credential_id},
           {":claims", pass.claims},
           {":issued_at", pass.issued_at},
           {":expires_at", pass.expires_at},
           {":revoked_at", pass.revoked_at},
           {":revoked_why", pass.revoked_why},
           {":dpop", pass.dpop},
           {":client_certificate", pass.client_certificate},
           {":basis", pass.basis},
           {":kid", pass.kid},
           {":scopes", pass.scopes},
           {":roles", pass.roles},
           {":evidence", pass.evidence},
           {":client_key", pass.client_key}}));
  if (inserted == 1) return {};
  TEGATA_ASSIGN(const auto basis, find_basis(transaction, pass.basis.value_or(0)));
  if (!basis || basis->ended_at) return Error(errors::right_basis_ended, pass.handoff_id);
  return Error(errors::store_pass_key_withdrawn, pass.kid);
}

Result<std::optional<IssuedPass>> find_pass(Reader& reader, const std::string& jti) {
  return reader.connection().find<IssuedPass>("SELECT " PASS_COLUMNS " FROM pass p WHERE p.jti = :jti", {{":jti", jti}},
                                              read_pass);
}

Result<std::optional<IssuedPass>> find_pass_of_handoff(Reader& reader, const std::string& handoff_id) {
  return reader.connection().find<IssuedPass>("SELECT " PASS_COLUMNS " FROM pass p WHERE p.handoff_id = :handoff_id",
                                              {{":handoff_id", handoff_id}}, read_pass);
}

Result<bool> revoke_pass(Transaction& transaction, const std::string& jti, const std::string& client_id,
                         const std::string& why) {
  TEGATA_ASSIGN(const auto revoked,
                transaction.connection().run(
                    "UPDATE pass SET revoked_at = :now, revoked_why = :why "
                    "WHERE jti = :jti AND client_id = :client_id AND revoked_at IS NULL",
                    {{":now", transaction.now()}, {":why", why}, {":jti", jti}, {":client_id", client_id}}));
  return revoked == 1;
}

Result<bool> revoke_pass_of_practitioner(Transaction& transaction, const std::string& handoff_id,
                                         const std::string& practitioner_id, const std::string& why) {
  TEGATA_ASSIGN(
      const auto revoked,
      transaction.connection().run(
          "UPDATE pass SET revoked_at = :now, revoked_why = :why WHERE handoff_id = "
          ":handoff AND practitioner_id = :practitioner AND revoked_at IS NULL",
          {{":now", transaction.now()}, {":why", why}, {":handoff", handoff_id}, {":practitioner", practitioner_id}}));
  return revoked == 1;
}

Result<std::vector<IssuedPass>> live_passes_of_practitioner(Reader& reader, const std::string& practitioner_id,
                                                            Instant now) {
  return reader.connection().list<IssuedPass>("SELECT " PASS_COLUMNS
                                              " FROM pass p WHERE p.practitioner_id = :practitioner "
                                              "AND p.expires_at > :now AND p.revoked_at IS NULL "
                                              "ORDER BY p.issued_at DESC, p.jti",
                                              {{":practitioner", practitioner_id}, {":now", now}}, read_pass);
}

Result<std::optional<PassStatus>> pass_status(Reader& reader, const std::string& jti, Instant now) {
  static const std::string sql =
      "SELECT " PASS_COLUMNS ", " + as_columns(pass_rules()) +
      ", COALESCE((SELECT f.any_active_certificate FROM facility f WHERE f.code = p.facility_code), 0) "
      "FROM pass p WHERE p.jti = :jti";
  return reader.connection().find<PassStatus>(sql, {{":jti", jti}, {":now", now}}, read_status);
}

Result<std::vector<IssuedPass>> live_passes_of_certificate(Reader& reader, const Digest& thumbprint, Instant now) {
  return reader.connection().list<IssuedPass>("SELECT " PASS_COLUMNS
                                              " FROM pass p WHERE p.client_certificate = :certificate "
                                              "AND p.expires_at > :now "
                                              "AND p.revoked_at IS NULL ORDER BY p.issued_at, p.jti",
                                              {{":certificate", thumbprint}, {":now", now}}, read_pass);
}

Result<bool> is_active_certificate_of(Reader& reader, const std::string& facility_code, const Digest& thumbprint,
                                      Instant now) {
  TEGATA_ASSIGN(const auto found, reader.connection().find<std::int64_t>(
                                      "SELECT 1 FROM client_certificate k JOIN client c ON c.client_id = k.client_id "
                                      "JOIN facility f ON f.code = c.facility_code WHERE k.thumbprint = :thumbprint "
                                      "AND f.code = :facility_code AND k.active = 1 AND c.active = 1 AND f.active = 1 "
                                      "AND k.not_before <= :now AND k.not_after > :now",
                                      {{":thumbprint", thumbprint}, {":facility_code", facility_code}, {":now", now}},
                                      engine::read_integer));
  return found.has_value();
}

Status count(Transaction& transaction, const std::string& name, std::int64_t by) {
  TEGATA_ASSIGN(const auto changed,
                transaction.connection().run("INSERT INTO counter (name, value) VALUES (:name, :by) "
                                             "ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value",
                                             {{":name", name}, {":by", by}}));
  transaction.connection().exempt(changed);
  return {};
}

}  // namespace tegata::store
