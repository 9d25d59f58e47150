// tls_client_auth (RFC 8705 section 2.1): a client is known by a certificate that was registered for it.
#pragma once

#include <map>

#include "rp/activation/services.h"
#include "rp/store/facilities.h"

namespace tegata::activation {

using Form = std::map<std::string, std::string>;

// A client that showed one of its certificates in this very request. Made by authenticate_client alone.
class AuthenticatedClient {
 public:
  const store::Client& client() const { return client_; }
  const store::ClientCertificate& certificate() const { return certificate_; }
  const std::string& id() const { return client_.client_id; }

 private:
  friend Result<AuthenticatedClient> authenticate_client(store::Reader&, const http::Request&, const Form&, Instant);
  AuthenticatedClient(store::Client client, store::ClientCertificate certificate)
      : client_(std::move(client)), certificate_(std::move(certificate)) {}
  store::Client client_;
  store::ClientCertificate certificate_;
};

// The certificate of the TLS connection belongs to the client that the parameter client_id names, and certificate,
// client and facility are in good standing. Errors: activation_client_*, activation_facility_inactive.
Result<AuthenticatedClient> authenticate_client(store::Reader&, const http::Request&, const Form&, Instant now);

// Whether the certificate and everything behind it is in good standing; says what is not.
Status verify_standing(store::Reader&, const store::Client&, const store::ClientCertificate&, Instant now);

// The value of a parameter, or nothing where it is absent or empty (RFC 6749 section 3.1 treats both alike).
std::optional<std::string> parameter(const Form&, const std::string& name);

}  // namespace tegata::activation
