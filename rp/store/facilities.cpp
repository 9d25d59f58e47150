#include "rp/store/facilities.h"

#include "rp/store/connection.h"

namespace tegata::store {
namespace {

#define SELECT_CLIENT                                                                                              \
  "SELECT client_id, facility_code, resource_server, active, scopes, audiences, auth_method, jwks, redirect_uris " \
  "FROM client "

#define COUNT_START(table)                                                                  \
  "INSERT INTO " table                                                                      \
  " AS counted (facility_code, minute, starts) VALUES (:facility_code, :minute, 1) "        \
  "ON CONFLICT (facility_code) DO UPDATE SET minute = excluded.minute, "                    \
  "starts = CASE WHEN counted.minute = excluded.minute THEN counted.starts + 1 ELSE 1 END " \
  "WHERE counted.minute <> excluded.minute OR counted.starts < :most"

Facility read_facility(Row& row) {
  Facility out;
  out.code = row.text();
  out.name = row.text();
  out.active = row.flag();
  out.profile = row.text();
  out.day_cut_off = row.optional_text();
  out.any_active_certificate = row.flag();
  return out;
}

Client read_client(Row& row) {
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

ClientCertificate read_certificate(Row& row) {
  ClientCertificate out;
  out.thumbprint = row.digest();
  out.client_id = row.text();
  out.not_before = row.instant();
  out.not_after = row.instant();
  out.active = row.flag();
  return out;
}

}  // namespace

Status put_facility(Transaction& transaction, const Facility& facility) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO facility (code, name, active, profile, day_cut_off, any_active_certificate) "
      "VALUES (:code, :name, :active, :profile, :day_cut_off, :any) "
      "ON CONFLICT (code) DO UPDATE SET name = excluded.name, active = excluded.active, profile = excluded.profile, "
      "day_cut_off = excluded.day_cut_off, any_active_certificate = excluded.any_active_certificate",
      {{":code", facility.code},
       {":name", facility.name},
       {":active", facility.active},
       {":profile", facility.profile},
       {":day_cut_off", facility.day_cut_off},
       {":any", facility.any_active_certificate}}));
  return {};
}

Status put_client(Transaction& transaction, const Client& client) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO client (client_id, facility_code, resource_server, active, scopes, audiences, auth_method, jwks, "
      "redirect_uris) VALUES (:client_id, :facility_code, :resource_server, :active, :scopes, :audiences, "
      ":auth_method, :jwks, :redirect_uris) "
      "ON CONFLICT (client_id) DO UPDATE SET facility_code = excluded.facility_code, "
      "resource_server = excluded.resource_server, active = excluded.active, scopes = excluded.scopes, "
      "audiences = excluded.audiences, auth_method = excluded.auth_method, jwks = excluded.jwks, "
      "redirect_uris = excluded.redirect_uris",
      {{":client_id", client.client_id},
       {":facility_code", Value::text_or_null(client.facility_code)},
       {":resource_server", client.resource_server},
       {":active", client.active},
       {":scopes", client.scopes},
       {":audiences", client.audiences},
       {":auth_method", client.auth_method},
       {":jwks", client.jwks},
       {":redirect_uris", client.redirect_uris}}));
  return {};
}

Status put_client_certificate(Transaction& transaction, const ClientCertificate& certificate) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO client_certificate (thumbprint, client_id, not_before, not_after, active) "
      "VALUES (:thumbprint, :client_id, :not_before, :not_after, :active) "
      "ON CONFLICT (thumbprint) DO UPDATE SET client_id = excluded.client_id, not_before = excluded.not_before, "
      "not_after = excluded.not_after, active = excluded.active",
      {{":thumbprint", certificate.thumbprint},
       {":client_id", certificate.client_id},
       {":not_before", certificate.not_before},
       {":not_after", certificate.not_after},
       {":active", certificate.active}}));
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
  return reader.connection().find<Facility>(
      "SELECT code, name, active, profile, day_cut_off, any_active_certificate FROM facility WHERE code = :code",
      {{":code", code}}, read_facility);
}

Result<std::vector<Facility>> list_facilities(Reader& reader) {
  return reader.connection().list<Facility>(
      "SELECT code, name, active, profile, day_cut_off, any_active_certificate FROM facility ORDER BY code", {},
      read_facility);
}

Result<std::optional<Client>> find_client(Reader& reader, const std::string& client_id) {
  return reader.connection().find<Client>(SELECT_CLIENT "WHERE client_id = :client_id", {{":client_id", client_id}},
                                          read_client);
}

Result<std::vector<Client>> list_clients(Reader& reader, const std::string& facility_code) {
  return reader.connection().list<Client>(SELECT_CLIENT "WHERE facility_code = :facility_code ORDER BY client_id",
                                          {{":facility_code", facility_code}}, read_client);
}

Result<std::vector<ClientCertificate>> list_client_certificates(Reader& reader, const std::string& client_id) {
  return reader.connection().list<ClientCertificate>(
      "SELECT thumbprint, client_id, not_before, not_after, active FROM client_certificate "
      "WHERE client_id = :client_id ORDER BY not_before, thumbprint",
      {{":client_id", client_id}}, read_certificate);
}

Result<std::optional<ClientCertificate>> find_client_certificate(Reader& reader, const Digest& thumbprint) {
  return reader.connection().find<ClientCertificate>(
      "SELECT thumbprint, client_id, not_before, not_after, active FROM client_certificate "
      "WHERE thumbprint = :thumbprint",
      {{":thumbprint", thumbprint}}, read_certificate);
}

}  // namespace tegata::store
