// Which client asks, and how it proved it. One function over the methods; each client is registered for one of them:
//   tls_client_auth, self_signed_tls_client_auth  a certificate that was registered for it (RFC 8705 section 2)
//   private_key_jwt                               an assertion signed by a registered key (RFC 7523, once per jti)
#pragma once

#include <map>

#include "rp/activation/services.h"
#include "rp/store/facilities.h"

namespace tegata::activation {

using Form = std::map<std::string, std::string>;

inline constexpr std::string_view jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// A client that proved in this very request who it is. Made by authenticate_client; of a client of the deployed
// profile, which proves nothing, by named_or_authenticated.
class AuthenticatedClient {
 public:
  const store::Client& client() const { return client_; }
  const std::string& id() const { return client_.client_id; }
  // The one of its certificates that the connection showed, if any.
  const std::optional<store::ClientCertificate>& certificate() const { return certificate_; }
  std::optional<Digest> thumbprint() const;
  // The one of its keys that the request proved, if it did: the RFC 7638 thumbprint, base64url.
  const std::optional<std::string>& key() const { return key_; }

 private:
  friend Result<AuthenticatedClient> authenticate_client(const Services&, const http::Request&, const Form&,
                                                         store::Purpose);
  friend Result<AuthenticatedClient> named_or_authenticated(const Services&, const http::Request&, const Form&,
                                                            store::Purpose);
  AuthenticatedClient(store::Client client, std::optional<store::ClientCertificate> certificate,
                      std::optional<std::string> key)
      : client_(std::move(client)), certificate_(std::move(certificate)), key_(std::move(key)) {}
  store::Client client_;
  std::optional<store::ClientCertificate> certificate_;
  std::optional<std::string> key_;
};

// By the client's own method; certificate, client and facility are in good standing.
// `purpose` is that of the call: who takes away is known under any clock, and with the disk full.
// Errors: activation_client_*, activation_assertion_*, activation_facility_inactive.
Result<AuthenticatedClient> authenticate_client(const Services&, const http::Request&, const Form&,
                                                store::Purpose purpose = store::Purpose::upkeep);

// A browser shows the facility's certificate for whatever any page sends to this origin, and says in Origin and
// Sec-Fetch-Site whose page that was. Clients that are no browsers send neither. To be asked first, before anything is
// changed or counted. Error: activation_cross_site.
Status verify_no_other_site(const http::Request&, const std::string& own_origin);

// Whether client and facility, and the certificate where there is one, are in good standing; says what is not.
Status verify_standing(store::Reader&, const store::Client&, const std::optional<store::ClientCertificate>&,
                       Instant now);

// The value of a parameter, or nothing where it is absent or empty (RFC 6749 section 3.1 treats both alike).
std::optional<std::string> parameter(const Form&, const std::string& name);

}  // namespace tegata::activation
