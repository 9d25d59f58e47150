// Facilities, their clients, and the certificates by which clients are known.
#pragma once

#include "rp/store/store.h"

namespace tegata::store {

struct Facility {
  std::string code;  // 保険医療機関コード
  std::string name;
  bool active = true;
  std::string profile = "standard";        // "standard" or "strict"
  std::optional<std::string> day_cut_off;  // "HH:MM" Japan time
  bool any_active_certificate = false;
  bool provisional = false;  // 仮コード
  bool typed_code = true;    // besides the QR
};

struct Client {
  std::string client_id;
  std::string facility_code;     // empty for a signature service
  bool resource_server = false;  // may introspect
  bool active = true;
  std::vector<std::string> scopes;     // allowed, e.g. {"openid", "hpki.sign"}
  std::vector<std::string> audiences;  // allowed resources; the first is the default. For a resource server: its own.
  // "tls_client_auth", "self_signed_tls_client_auth" (both by a registered certificate), "private_key_jwt".
  std::string auth_method = "tls_client_auth";
  Json jwks = {{"keys", Json::array()}};  // public keys of its assertions
  std::vector<std::string> redirect_uris = {};
};

struct ClientCertificate {
  Digest thumbprint{};  // SHA-256 of the DER certificate
  std::string client_id;
  Instant not_before{};
  Instant not_after{};  // when it ceases to count: its own end, or earlier where it was replaced
  bool active = true;
  std::string subject = {};
  std::string origin = "registered";  // or "issued", by the built-in authority
  std::optional<Instant> added_at = std::nullopt;
  std::optional<Instant> replaced_at = std::nullopt;
  std::optional<Instant> revoked_at = std::nullopt;
};

// Insert or replace by key.
Status put_facility(Transaction&, const Facility&);
Status put_client(Transaction&, const Client&);
Status put_client_certificate(Transaction&, const ClientCertificate&);

// Who began a request: a client that proved who it is, or a browser that only named one. Each has a count of its own.
enum class Starter { client, browser };
// Counts one request of the facility in this minute of the clock. False, and nothing counted, where `most` have been
// begun in it already. REQUIRES: the facility exists.
Result<bool> count_start(Transaction&, const std::string& facility_code, std::int64_t most, Starter = Starter::client);

Result<std::optional<Facility>> find_facility(Reader&, const std::string& code);
Result<std::vector<Facility>> list_facilities(Reader&);
Result<std::optional<Client>> find_client(Reader&, const std::string& client_id);
Result<std::vector<Client>> list_clients(Reader&, const std::string& facility_code);
Result<std::vector<Client>> list_all_clients(Reader&);
Result<std::vector<ClientCertificate>> list_client_certificates(Reader&, const std::string& client_id);
Result<std::optional<ClientCertificate>> find_client_certificate(Reader&, const Digest& thumbprint);
// Those whose thumbprint lies between the two, both included.
Result<std::vector<ClientCertificate>> list_certificates_between(Reader&, const Digest& least, const Digest& most);

}  // namespace tegata::store
