#include "rp/store/sign_in.h"

#include "rp/store/basis_stands.h"
#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

// A code that was made at the last moment of its start record lives that long at the most.
constexpr std::chrono::minutes longest_login{10};

StartRecord read_start(engine::Row& row) {
  StartRecord out;
  out.id = row.digest();
  out.cookie = row.digest();
  out.purpose = row.text();
  out.host_nonce = row.text();
  out.expires_at = row.instant();
  out.method = row.text();
  out.practitioner_id = row.text();
  return out;
}

Redeemed read_redeemed(engine::Row& row) {
  Redeemed out;
  out.login.code = row.digest();
  out.login.start_id = row.digest();
  out.login.practitioner_id = row.text();
  out.login.refusal = row.text();
  out.login.card = row.json();
  out.login.expires_at = row.instant();
  if (const auto basis = row.integer(); basis != 0) out.login.basis = basis;
  out.purpose = row.text();
  out.method = row.text();
  out.started_for = row.text();
  return out;
}

Session read_session(engine::Row& row) {
  Session out;
  out.cookie = row.digest();
  out.practitioner_id = row.text();
  out.purpose = row.text();
  out.method = row.text();
  out.card = row.json();
  out.expires_at = row.instant();
  out.credential_id = row.optional_bytes();
  out.begun_at = row.instant();
  out.basis = row.integer();
  return out;
}

}  // namespace

Status insert_start(Transaction& transaction, const StartRecord& start) {
  // Each one makes room for more than one, so the old ones cannot pile up. The card log-in of one goes with it.
  TEGATA_TRY(transaction.connection().run(
      "DELETE FROM start_record WHERE id IN (SELECT id FROM start_record WHERE expires_at <= :before "
      "ORDER BY expires_at LIMIT 4)",
      {{":before", transaction.now() - longest_login}}));
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO start_record (id, cookie, purpose, host_nonce, expires_at, method, practitioner_id) "
      "VALUES (:id, :cookie, :purpose, :host_nonce, :expires_at, :method, :practitioner_id)",
      {{":id", start.id},
       {":cookie", start.cookie},
       {":purpose", start.purpose},
       {":host_nonce", start.host_nonce},
       {":expires_at", start.expires_at},
       {":method", start.method},
       {":practitioner_id", start.practitioner_id}}));
  return {};
}

Result<std::optional<StartRecord>> find_start(Reader& reader, const Digest& id, Instant now) {
  return reader.connection().find<StartRecord>(
      "SELECT id, cookie, purpose, host_nonce, expires_at, method, practitioner_id FROM start_record "
      "WHERE id = :id AND used = 0 AND expires_at > :now",
      {{":id", id}, {":now", now}}, read_start);
}

Result<bool> finish_start(Transaction& transaction, const CardLogin& login, const std::string& host_nonce,
                          const std::string& method) {
  auto& connection = transaction.connection();
  TEGATA_ASSIGN(
      const auto used,
      connection.run(
          "UPDATE start_record SET used = 1 WHERE id = :id AND used = 0 AND expires_at > :now "
          "AND host_nonce = :host_nonce AND method = :method",
          {{":id", login.start_id}, {":now", transaction.now()}, {":host_nonce", host_nonce}, {":method", method}}));
  if (used != 1) return false;
  TEGATA_ASSIGN(
      const auto inserted,
      connection.run("INSERT INTO card_login (code, start_id, practitioner_id, refusal, card, expires_at, basis) "
                     "SELECT :code, :start_id, :practitioner_id, :refusal, :card, :expires_at, :basis "
                     "WHERE :basis IS NULL OR " BASIS_STANDS(":basis"),
                     {{":code", login.code},
                      {":start_id", login.start_id},
                      {":practitioner_id", login.practitioner_id},
                      {":refusal", login.refusal},
                      {":card", login.card},
                      {":expires_at", login.expires_at},
                      {":basis", login.basis}}));
  return inserted == 1;
}

Result<std::optional<Redeemed>> redeem_card_login(Transaction& transaction, const Digest& code,
                                                  const Digest& start_cookie) {
  auto& connection = transaction.connection();
  TEGATA_ASSIGN(const auto used,
                connection.run("UPDATE card_login SET used = 1 WHERE code = :code AND used = 0 AND expires_at > :now "
                               "AND (basis IS NULL OR " BASIS_STANDS(
                                   "card_login.basis") ") "
                                                       "AND EXISTS (SELECT 1 FROM start_record s WHERE s.id = start_id "
                                                       "AND s.cookie = :cookie)",
                               {{":code", code}, {":now", transaction.now()}, {":cookie", start_cookie}}));
  if (used != 1) return std::optional<Redeemed>();
  return connection.find<Redeemed>(
      "SELECT l.code, l.start_id, l.practitioner_id, l.refusal, l.card, l.expires_at, COALESCE(l.basis, 0), s.purpose, "
      "s.method, "
      "s.practitioner_id "
      "FROM card_login l JOIN start_record s ON s.id = l.start_id WHERE l.code = :code",
      {{":code", code}}, read_redeemed);
}

Result<bool> insert_session(Transaction& transaction, const Session& session) {
  TEGATA_ASSIGN(const auto inserted,
                transaction.connection().run(
                    "INSERT INTO session (cookie, practitioner_id, purpose, method, card, expires_at, credential_id, "
                    "begun_at, basis) SELECT :cookie, :practitioner_id, :purpose, :method, :card, :expires_at, "
                    ":credential_id, :now, :basis WHERE " BASIS_STANDS(":basis"),
                    {{":cookie", session.cookie},
                     {":practitioner_id", session.practitioner_id},
                     {":purpose", session.purpose},
                     {":method", session.method},
                     {":card", session.card},
                     {":expires_at", session.expires_at},
                     {":credential_id", session.credential_id},
                     {":now", transaction.now()},
                     {":basis", session.basis}}));
  return inserted == 1;
}

Result<std::optional<Session>> find_session(Reader& reader, const Digest& cookie, Instant now) {
  return reader.connection().find<Session>(
      "SELECT cookie, practitioner_id, purpose, method, card, expires_at, credential_id, begun_at, basis FROM session "
      "WHERE cookie = :cookie AND expires_at > :now AND " BASIS_STANDS("session.basis"),
      {{":cookie", cookie}, {":now", now}}, read_session);
}

Result<bool> end_session(Transaction& transaction, const Digest& cookie) {
  TEGATA_ASSIGN(const auto ended,
                transaction.connection().run("DELETE FROM session WHERE cookie = :cookie", {{":cookie", cookie}}));
  return ended == 1;
}

}  // namespace tegata::store
