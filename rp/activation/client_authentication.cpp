#include "rp/activation/client_authentication.h"

#include "rp/activation/errors.h"

namespace tegata::activation {

namespace e = errors;

Result<AuthenticatedClient> authenticate_client(store::Reader& reader, const http::Request& request, const Form& form,
                                                Instant now) {
  if (!request.client_certificate || request.tls_resumed) {
    return Error(e::activation_client_certificate_missing, {},
                 "rfc8705#section-2: mutual TLS with a client certificate");
  }
  TEGATA_ASSIGN(auto certificate, store::find_client_certificate(reader, sha256(*request.client_certificate)));
  if (!certificate) {
    return Error(e::activation_client_certificate_unknown, hex(sha256(*request.client_certificate)));
  }
  if (parameter(form, "client_id") != certificate->client_id) {
    return Error(e::activation_client_id_mismatch, "certificate of " + certificate->client_id,
                 "rfc8705#section-2: the certificate is one of the client that client_id names");
  }
  TEGATA_ASSIGN(auto client, store::find_client(reader, certificate->client_id));
  if (!client) return Error(e::activation_client_inactive, certificate->client_id);
  TEGATA_TRY(verify_standing(reader, *client, *certificate, now));
  return AuthenticatedClient(std::move(*client), *certificate);
}

Status verify_standing(store::Reader& reader, const store::Client& client, const store::ClientCertificate& certificate,
                       Instant now) {
  if (!certificate.active) return Error(e::activation_client_certificate_inactive, client.client_id);
  if (now < certificate.not_before || now >= certificate.not_after) {
    return Error(e::activation_client_certificate_expired, client.client_id);
  }
  if (!client.active) return Error(e::activation_client_inactive, client.client_id);
  if (client.facility_code.empty()) return {};
  TEGATA_ASSIGN(const auto facility, store::find_facility(reader, client.facility_code));
  if (!facility || !facility->active) return Error(e::activation_facility_inactive, client.facility_code);
  return {};
}

std::optional<std::string> parameter(const Form& form, const std::string& name) {
  const auto found = form.find(name);
  if (found == form.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace tegata::activation
