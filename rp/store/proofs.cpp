#include "rp/store/proofs.h"

#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

Json read_parameters(engine::Row& row) { return row.json(); }

}  // namespace

Result<bool> spend_proof(Transaction& transaction, const Digest& proof, Instant forget_after) {
  if (forget_after <= transaction.now()) return false;
  auto& connection = transaction.connection();
  // Each one makes room for more than one, so the old ones cannot pile up.
  TEGATA_ASSIGN(const auto forgotten,
                connection.run("DELETE FROM seen_proof WHERE id IN (SELECT id FROM seen_proof WHERE expires_at <= :now "
                               "ORDER BY expires_at LIMIT 4)",
                               {{":now", transaction.now()}}));
  TEGATA_ASSIGN(const auto spent, connection.run("INSERT INTO seen_proof (id, expires_at) VALUES (:id, :expires_at) "
                                                 "ON CONFLICT DO NOTHING",
                                                 {{":id", proof}, {":expires_at", forget_after}}));
  connection.exempt(forgotten + spent);
  return spent == 1;
}

Status insert_pushed_request(Transaction& transaction, const PushedRequest& pushed) {
  auto& connection = transaction.connection();
  TEGATA_TRY(
      connection.run("DELETE FROM pushed_request WHERE id IN (SELECT id FROM pushed_request WHERE expires_at <= :now "
                     "ORDER BY expires_at LIMIT 4)",
                     {{":now", transaction.now()}}));
  TEGATA_TRY(
      connection.run("INSERT INTO pushed_request (id, client_id, parameters, expires_at) "
                     "VALUES (:id, :client_id, :parameters, :expires_at)",
                     {{":id", pushed.id},
                      {":client_id", pushed.client_id},
                      {":parameters", pushed.parameters},
                      {":expires_at", pushed.expires_at}}));
  return {};
}

Result<std::optional<Json>> take_pushed_request(Transaction& transaction, const Digest& id,
                                                const std::string& client_id) {
  auto& connection = transaction.connection();
  TEGATA_ASSIGN(const auto taken,
                connection.run("UPDATE pushed_request SET used = 1 WHERE id = :id AND client_id = :client_id "
                               "AND used = 0 AND expires_at > :now",
                               {{":id", id}, {":client_id", client_id}, {":now", transaction.now()}}));
  if (taken != 1) return std::optional<Json>();
  return connection.find<Json>("SELECT parameters FROM pushed_request WHERE id = :id", {{":id", id}}, read_parameters);
}

}  // namespace tegata::store
