#include "rp/store/facility_changes.h"

#include "rp/store/engine/connection.h"
#include "rp/store/facility_values.h"
#include "rp/store/open_handoffs.h"

namespace tegata::store {
namespace {

#define IS_OPEN_NOW " WHERE " STATE_IS_OPEN " AND expires_at > :now AND kind = 'activation' "
#define CANCEL_OPEN "UPDATE handoff SET state = 'cancelled', reason = :why" IS_OPEN_NOW
#define END_LIVE "UPDATE pass SET revoked_at = :now, revoked_why = :why WHERE revoked_at IS NULL AND expires_at > :now "

#define CODE_IS_FREE                                                \
  "NOT EXISTS (SELECT 1 FROM facility o WHERE o.code = :code) AND " \
  "NOT EXISTS (SELECT 1 FROM facility_former_code o WHERE o.code = :code)"

CertificateDownload read_download(engine::Row& row) {
  CertificateDownload out;
  out.token = row.digest();
  out.thumbprint = row.digest();
  out.name = row.text();
  out.file = row.bytes();
  out.expires_at = row.instant();
  return out;
}

// Both statements take the same parameters: :now, :why and the one of `whose`.
Result<EndedRequests> end(Transaction& transaction, std::string_view requests, std::string_view passes,
                          const engine::Binding& whose, const std::string& why) {
  engine::Binding binding = {{":now", transaction.now()}, {":why", why}};
  binding.insert(binding.end(), whose.begin(), whose.end());
  EndedRequests out;
  TEGATA_ASSIGN(out.requests, transaction.connection().run(requests, binding));
  TEGATA_ASSIGN(out.passes, transaction.connection().run(passes, binding));
  return out;
}

Result<bool> is_one(Result<std::int64_t> changed) {
  TEGATA_TRY(changed);
  return *changed == 1;
}

}  // namespace

Result<std::vector<std::string>> list_former_codes(Reader& reader, const std::string& code) {
  return reader.connection().list<std::string>(
      "SELECT code FROM facility_former_code WHERE facility_code = :code ORDER BY until, code", {{":code", code}},
      engine::read_text);
}

Result<bool> add_facility(Transaction& transaction, const Facility& facility) {
  return is_one(transaction.connection().run(
      "INSERT INTO facility (code, name, active, profile, day_cut_off, any_active_certificate, provisional, "
      "typed_code) "
      "SELECT :code, :name, :active, :profile, :day_cut_off, :any, :provisional, :typed_code WHERE " CODE_IS_FREE,
      values_of(facility)));
}

Result<std::optional<EndedRequests>> change_facility(Transaction& transaction, const Facility& facility) {
  TEGATA_ASSIGN(const bool changed,
                is_one(transaction.connection().run(
                    "UPDATE facility SET name = :name, profile = :profile, day_cut_off = :day_cut_off, "
                    "any_active_certificate = :any, typed_code = :typed_code WHERE code = :code",
                    {{":code", facility.code},
                     {":name", facility.name},
                     {":profile", facility.profile},
                     {":day_cut_off", facility.day_cut_off},
                     {":any", facility.any_active_certificate},
                     {":typed_code", facility.typed_code}})));
  if (!changed) return std::optional<EndedRequests>();
  TEGATA_ASSIGN(const auto ended, end_fallen(transaction, Right::facility, facility.code));
  return std::optional(ended);
}

Result<std::optional<EndedRequests>> suspend_facility(Transaction& transaction, const std::string& code,
                                                      const std::string& why) {
  TEGATA_ASSIGN(const bool changed,
                is_one(transaction.connection().run("UPDATE facility SET active = 0 WHERE code = :code AND active = 1",
                                                    {{":code", code}})));
  if (!changed) return std::optional<EndedRequests>();
  TEGATA_ASSIGN(const auto ended, end(transaction, CANCEL_OPEN "AND facility_code = :code",
                                      END_LIVE "AND facility_code = :code", {{":code", code}}, why));
  return std::optional(ended);
}

Result<bool> resume_facility(Transaction& transaction, const std::string& code) {
  return is_one(transaction.connection().run("UPDATE facility SET active = 1 WHERE code = :code AND active = 0",
                                             {{":code", code}}));
}

Result<bool> change_facility_code(Transaction& transaction, const std::string& from, const std::string& to,
                                  bool provisional) {
  auto& connection = transaction.connection();
  TEGATA_ASSIGN(
      const bool copied,
      is_one(connection.run(
          "INSERT INTO facility (code, name, active, profile, day_cut_off, any_active_certificate, "
          "provisional, typed_code) SELECT :code, name, active, profile, day_cut_off, any_active_certificate, "
          ":provisional, typed_code FROM facility WHERE code = :from AND " CODE_IS_FREE,
          {{":code", to}, {":provisional", provisional}, {":from", from}})));
  if (!copied) return false;
  const engine::Binding both = {{":code", to}, {":from", from}};
  TEGATA_TRY(connection.run("UPDATE client SET facility_code = :code WHERE facility_code = :from", both));
  TEGATA_TRY(connection.run("UPDATE facility_starts SET facility_code = :code WHERE facility_code = :from", both));
  TEGATA_TRY(connection.run("UPDATE browser_starts SET facility_code = :code WHERE facility_code = :from", both));
  const engine::Binding open = {{":code", to}, {":from", from}, {":now", transaction.now()}};
  TEGATA_TRY(connection.run("UPDATE handoff SET facility_code = :code" IS_OPEN_NOW "AND facility_code = :from", open));
  TEGATA_TRY(
      connection.run("UPDATE pass SET facility_code = :code WHERE facility_code = :from AND expires_at > :now", open));
  TEGATA_TRY(connection.run("UPDATE facility_former_code SET facility_code = :code WHERE facility_code = :from", both));
  TEGATA_TRY(connection.run("INSERT INTO facility_former_code (code, facility_code, until) VALUES (:from, :code, :now)",
                            open));
  TEGATA_TRY(connection.run("DELETE FROM facility WHERE code = :from", {{":from", from}}));
  return true;
}

Result<bool> add_client(Transaction& transaction, const Client& client) {
  return is_one(transaction.connection().run(
      "INSERT INTO client (client_id, facility_code, resource_server, active, scopes, audiences, auth_method, jwks, "
      "redirect_uris, key_thumbprints) VALUES (:client_id, :facility_code, :resource_server, :active, :scopes, "
      ":audiences, :auth_method, :jwks, :redirect_uris, :key_thumbprints) ON CONFLICT (client_id) DO NOTHING",
      values_of(client)));
}

Result<std::optional<EndedRequests>> change_client(Transaction& transaction, const Client& client) {
  TEGATA_ASSIGN(
      const bool changed,
      is_one(transaction.connection().run(
          "UPDATE client SET scopes = :scopes, audiences = :audiences, redirect_uris = :redirect_uris, jwks = :jwks, "
          "key_thumbprints = :key_thumbprints WHERE client_id = :client_id",
          {{":client_id", client.client_id},
           {":scopes", client.scopes},
           {":audiences", client.audiences},
           {":redirect_uris", client.redirect_uris},
           {":jwks", client.jwks},
           {":key_thumbprints", key_thumbprints(client)}})));
  if (!changed) return std::optional<EndedRequests>();
  TEGATA_ASSIGN(const auto ended, end_fallen(transaction, Right::client, client.client_id));
  return std::optional(ended);
}

Result<std::optional<EndedRequests>> suspend_client(Transaction& transaction, const std::string& client_id,
                                                    const std::string& why) {
  TEGATA_ASSIGN(const bool changed, is_one(transaction.connection().run(
                                        "UPDATE client SET active = 0 WHERE client_id = :client_id AND active = 1",
                                        {{":client_id", client_id}})));
  if (!changed) return std::optional<EndedRequests>();
  // By the facility's index: a client has none of its own.
  TEGATA_ASSIGN(
      const auto ended,
      end(transaction, CANCEL_OPEN "AND client_id = :client_id",
          END_LIVE "AND client_id = :client_id AND facility_code = COALESCE((SELECT c.facility_code FROM client c "
                   "WHERE c.client_id = :client_id), '')",
          {{":client_id", client_id}}, why));
  return std::optional(ended);
}

Result<bool> resume_client(Transaction& transaction, const std::string& client_id) {
  return is_one(transaction.connection().run("UPDATE client SET active = 1 WHERE client_id = :client_id AND active = 0",
                                             {{":client_id", client_id}}));
}

Result<bool> add_client_certificate(Transaction& transaction, const ClientCertificate& certificate) {
  return is_one(transaction.connection().run(
      "INSERT INTO client_certificate (thumbprint, client_id, not_before, not_after, active, subject, origin, "
      "added_at) VALUES (:thumbprint, :client_id, :not_before, :not_after, 1, :subject, :origin, :now) "
      "ON CONFLICT (thumbprint) DO NOTHING",
      {{":thumbprint", certificate.thumbprint},
       {":client_id", certificate.client_id},
       {":not_before", certificate.not_before},
       {":not_after", certificate.not_after},
       {":subject", certificate.subject},
       {":origin", certificate.origin},
       {":now", transaction.now()}}));
}

Result<std::int64_t> replace_certificates(Transaction& transaction, const std::string& client_id, const Digest& by,
                                          Instant until) {
  return transaction.connection().run(
      "UPDATE client_certificate SET not_after = :until, replaced_at = :now WHERE client_id = :client_id "
      "AND thumbprint <> :by AND active = 1 AND not_after > :until",
      {{":until", until}, {":now", transaction.now()}, {":client_id", client_id}, {":by", by}});
}

Result<std::optional<EndedRequests>> revoke_client_certificate(Transaction& transaction, const Digest& thumbprint,
                                                               const std::string& why) {
  const engine::Binding which = {{":thumbprint", thumbprint}};
  TEGATA_ASSIGN(const bool changed,
                is_one(transaction.connection().run("UPDATE client_certificate SET active = 0, revoked_at = :now "
                                                    "WHERE thumbprint = :thumbprint AND active = 1",
                                                    {{":thumbprint", thumbprint}, {":now", transaction.now()}})));
  if (!changed) return std::optional<EndedRequests>();
  TEGATA_ASSIGN(const auto ended, end(transaction, CANCEL_OPEN "AND certificate = :thumbprint",
                                      END_LIVE "AND client_certificate = :thumbprint", which, why));
  TEGATA_TRY(transaction.connection().run("DELETE FROM certificate_download WHERE thumbprint = :thumbprint", which));
  return std::optional(ended);
}

Status put_download(Transaction& transaction, const CertificateDownload& download) {
  auto& connection = transaction.connection();
  TEGATA_TRY(
      connection.run("DELETE FROM certificate_download WHERE expires_at <= :now", {{":now", transaction.now()}}));
  TEGATA_TRY(
      connection.run("INSERT INTO certificate_download (token, thumbprint, name, file, expires_at) "
                     "VALUES (:token, :thumbprint, :name, :file, :expires_at)",
                     {{":token", download.token},
                      {":thumbprint", download.thumbprint},
                      {":name", download.name},
                      {":file", download.file},
                      {":expires_at", download.expires_at}}));
  return {};
}

Result<std::optional<CertificateDownload>> take_download(Transaction& transaction, const Digest& token) {
  auto& connection = transaction.connection();
  TEGATA_ASSIGN(auto found, connection.find<CertificateDownload>(
                                "SELECT token, thumbprint, name, file, expires_at FROM certificate_download "
                                "WHERE token = :token",
                                {{":token", token}}, read_download));
  TEGATA_ASSIGN(const bool taken,
                is_one(connection.run(
                    "UPDATE certificate_download SET taken_at = :now, file = :gone WHERE token = :token "
                    "AND taken_at IS NULL AND expires_at > :now AND EXISTS (SELECT 1 FROM client_certificate k "
                    "WHERE k.thumbprint = certificate_download.thumbprint AND k.active = 1 AND k.not_after > :now)",
                    {{":token", token}, {":now", transaction.now()}, {":gone", Bytes{}}})));
  if (!taken) return std::optional<CertificateDownload>();
  return found;
}

}  // namespace tegata::store
