#include "rp/store/facilities.h"

#include "rp/pass/client_key.h"
#include "rp/store/facility_values.h"

namespace tegata::store {
namespace {

#define SELECT_CLIENT                                                                                              \
  "SELECT client_id, facility_code, resource_server, active, scopes, audiences, auth_method, jwks, redirect_uris " \
  "FROM client "

#define SELECT_FACILITY \
  "SELECT code, name, active, profile, day_cut_off, any_active_certificate, provisional, typed_code FROM facility "

#define SELECT_CERTIFICATE                                                                                           \
  "SELECT thumbprint, client_id, not_before, not_after, active, subject, origin, added_at, replaced_at, revoked_at " \
  "FROM client_certificate "

#define COUNT_START(table)                                                                  \
  "INSERT INTO " table                                                                      \
  " AS counted (facility_code, minute, starts) VALUES (:facility_code, :minute, 1) "        \
  "ON CONFLICT (facility_code) DO UPDATE SET minute = excluded.minute, "                    \
  "starts = CASE WHEN counted.minute = excluded.minute THEN counted.starts + 1 ELSE 1 END " \
  "WHERE counted.minute <> excluded.minute OR counted.starts < :most"

Facility read_facility(engine::Row& row) {
  Facility out;
  out.code = row.text();
  out.name = row.text();
  out.active = row.flag();
  out.profile = row.text();
  out.day_cut_off = row.optional_text();
  out.any_active_certificate = row.flag();
  out.provisional = row.flag();
  out.typed_code = row.flag();
  return out;
}

Client read_client(engine::Row& row) {
  Client out;
  out.client_id = row.text();
  out.facility_code = row.text();
  out.resource_server = row.flag();
  out.active = row.flag();
  out.scopes = row.strings();
  out.audiences = row.strings();
  out.auth_method = row.text();
  out.jwks = row.json();
  out.redirect_uris = row.strings();
  return out;
}

ClientCertificate read_client_certificate(engine::Row& row) {
  ClientCertificate out;
  out.thumbprint = row.digest();
  out.client_id = row.text();
  out.not_before = row.instant();
  out.not_after = row.instant();
  out.active = row.flag();
  out.subject = row.text();
  out.origin = row.text();
  out.added_at = row.optional_instant();
  out.replaced_at = row.optional_instant();
  out.revoked_at = row.optional_instant();
  return out;
}

}  // namespace

Json key_thumbprints(const Client& client) {
  Json out = Json::array();
  const auto keys = pass::parse_client_keys(client.jwks);
  if (!keys) return out;
  for (const auto& key : *keys) out.push_back(base64url(key.thumbprint()));
  return out;
}

engine::Binding values_of(const Facility& facility) {
  return {{":code", facility.code},
          {":name", facility.name},
          {":active", facility.active},
          {":profile", facility.profile},
          {":day_cut_off", facility.day_cut_off},
          {":any", facility.any_active_certificate},
          {":provisional", facility.provisional},
          {":typed_code", facility.typed_code}};
}

engine::Binding values_of(const Client& client) {
  return {{":client_id", client.client_id},
          {":facility_code", engine::Value::text_or_null(client.facility_code)},
          {":resource_server", client.resource_server},
          {":active", client.active},
          {":scopes", client.scopes},
          {":audiences", client.audiences},
          {":auth_method", client.auth_method},
          {":jwks", client.jwks},
          {":redirect_uris", client.redirect_uris},
          {":key_thumbprints", key_thumbprints(client)}};
}

Status put_facility(Transaction& transaction, const Facility& facility) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO facility (code, name, active, profile, day_cut_off, any_active_certificate, provisional, "
      "typed_code) "
      "VALUES (:code, :name, :active, :profile, :day_cut_off, :any, :provisional, :typed_code) "
      "ON CONFLICT (code) DO UPDATE SET name = excluded.name, active = excluded.active, profile = excluded.profile, "
      "day_cut_off = excluded.day_cut_off, any_active_certificate = excluded.any_active_certificate, "
      "provisional = excluded.provisional, typed_code = excluded.typed_code",
      values_of(facility)));
  return {};
}

Status put_client(Transaction& transaction, const Client& client) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO client (client_id, facility_code, resource_server, active, scopes, audiences, auth_method, jwks, "
      "redirect_uris, key_thumbprints) VALUES (:client_id, :facility_code, :resource_server, :active, :scopes, "
      ":audiences, :auth_method, :jwks, :redirect_uris, :key_thumbprints) "
      "ON CONFLICT (client_id) DO UPDATE SET facility_code = excluded.facility_code, "
      "resource_server = excluded.resource_server, active = excluded.active, scopes = excluded.scopes, "
      "audiences = excluded.audiences, auth_method = excluded.auth_method, jwks = excluded.jwks, "
      "redirect_uris = excluded.redirect_uris, key_thumbprints = excluded.key_thumbprints",
      values_of(client)));
  return {};
}

Status put_client_certificate(Transaction& transaction, const ClientCertificate& certificate) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO client_certificate (thumbprint, client_id, not_before, not_after, active, subject, origin, "
      "added_at, replaced_at, revoked_at) VALUES (:thumbprint, :client_id, :not_before, :not_after, :active, "
      ":subject, :origin, :added_at, :replaced_at, :revoked_at) "
      "ON CONFLICT (thumbprint) DO UPDATE SET client_id = excluded.client_id, not_before = excluded.not_before, "
      "not_after = excluded.not_after, active = excluded.active, subject = excluded.subject, "
      "origin = excluded.origin, added_at = excluded.added_at, replaced_at = excluded.replaced_at, "
      "revoked_at = excluded.revoked_at",
      {{":thumbprint", certificate.thumbprint},
       {":client_id", certificate.client_id},
       {":not_before", certificate.not_before},
       {":not_after", certificate.not_after},
       {":active", certificate.active},
       {":subject", certificate.subject},
       {":origin", certificate.origin},
       {":added_at", certificate.added_at},
       {":replaced_at", certificate.replaced_at},
       {":revoked_at", certificate.revoked_at}}));
  return {};
}

Result<bool> count_start(Transaction& transaction, const std::string& facility_code, std::int64_t most,
                         Starter starter) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(transaction.now()).time_since_epoch().count();
  TEGATA_ASSIGN(const auto counted,
                transaction.connection().run(
                    starter == Starter::client ? COUNT_START("facility_starts") : COUNT_START("browser_starts"),
                    {{":facility_code", facility_code}, {":minute", std::int64_t{minute}}, {":most", most}}));
  return counted == 1;
}

Result<std::optional<Facility>> find_facility(Reader& reader, const std::string& code) {
  return reader.connection().find<Facility>(SELECT_FACILITY "WHERE code = :code", {{":code", code}}, read_facility);
}

Result<std::vector<Facility>> list_facilities(Reader& reader) {
  return reader.connection().list<Facility>(SELECT_FACILITY "ORDER BY code", {}, read_facility);
}

Result<std::optional<Client>> find_client(Reader& reader, const std::string& client_id) {
  return reader.connection().find<Client>(SELECT_CLIENT "WHERE client_id = :client_id", {{":client_id", client_id}},
                                          read_client);
}

Result<std::vector<Client>> list_clients(Reader& reader, const std::string& facility_code) {
  return reader.connection().list<Client>(SELECT_CLIENT "WHERE facility_code = :facility_code ORDER BY client_id",
                                          {{":facility_code", facility_code}}, read_client);
}

Result<std::vector<Client>> list_all_clients(Reader& reader) {
  return reader.connection().list<Client>(SELECT_CLIENT "ORDER BY facility_code, client_id", {}, read_client);
}

Result<std::vector<ClientCertificate>> list_certificates_between(Reader& reader, const Digest& least,
                                                                 const Digest& most) {
  return reader.connection().list<ClientCertificate>(
      SELECT_CERTIFICATE "WHERE thumbprint >= :least AND thumbprint <= :most ORDER BY thumbprint",
      {{":least", least}, {":most", most}}, read_client_certificate);
}

Result<std::vector<ClientCertificate>> list_client_certificates(Reader& reader, const std::string& client_id) {
  return reader.connection().list<ClientCertificate>(SELECT_CERTIFICATE
                                                     "WHERE client_id = :client_id ORDER BY not_before, thumbprint",
                                                     {{":client_id", client_id}}, read_client_certificate);
}

Result<std::optional<ClientCertificate>> find_client_certificate(Reader& reader, const Digest& thumbprint) {
  return reader.connection().find<ClientCertificate>(SELECT_CERTIFICATE "WHERE thumbprint = :thumbprint",
                                                     {{":thumbprint", thumbprint}}, read_client_certificate);
}

}  // namespace tegata::store
