#include "rp/activation/client_authentication.h"

#include "rp/activation/errors.h"
#include "rp/pass/client_assertion.h"
#include "rp/store/proofs.h"

namespace tegata::activation {
namespace {

namespace e = errors;

// What a request shows before its jti was spent.
struct Shown {
  store::Client client;
  std::optional<store::ClientCertificate> certificate;
  std::optional<pass::VerifiedAssertion> assertion;
};

Result<store::Client> known_client(store::Reader& reader, const std::string& client_id) {
  TEGATA_ASSIGN(auto client, store::find_client(reader, client_id));
  if (!client) return Error(e::activation_client_inactive, client_id);
  return std::move(*client);
}

Result<Shown> by_certificate(store::Reader& reader, const http::Request& request, const Form& form, Instant now) {
  if (!request.client_certificate || request.tls_resumed) {
    return Error(e::activation_client_certificate_missing, {},
                 "rfc8705#section-2: mutual TLS with a client certificate");
  }
  TEGATA_ASSIGN(auto certificate, store::find_client_certificate(reader, sha256(*request.client_certificate)));
  if (!certificate) {
    return Error(e::activation_client_certificate_unknown, base64url(sha256(*request.client_certificate)));
  }
  if (parameter(form, "client_id") != certificate->client_id) {
    return Error(e::activation_client_id_mismatch, "certificate of " + certificate->client_id,
                 "rfc8705#section-2: the certificate is one of the client that client_id names");
  }
  TEGATA_ASSIGN(auto client, known_client(reader, certificate->client_id));
  if (!client.auth_method.ends_with("tls_client_auth")) {
    return Error(e::activation_client_method, client.client_id,
                 "rfc7591#section-2: the method that the client is registered for");
  }
  TEGATA_TRY(verify_standing(reader, client, certificate, now));
  return Shown{std::move(client), std::move(certificate), std::nullopt};
}

// The connection's certificate, where it is one of this client's and good: passes may be bound to it.
Result<std::optional<store::ClientCertificate>> own_certificate(store::Reader& reader, const http::Request& request,
                                                                const store::Client& client, Instant now) {
  std::optional<store::ClientCertificate> none;
  if (!request.client_certificate || request.tls_resumed) return none;
  TEGATA_ASSIGN(const auto certificate, store::find_client_certificate(reader, sha256(*request.client_certificate)));
  if (!certificate || certificate->client_id != client.client_id) return none;
  return verify_standing(reader, client, certificate, now) ? certificate : none;
}

Error refused_assertion(const Error& cause) {
  return Error(e::activation_assertion_refused, std::string(cause.code().name()) + " " + cause.detail(),
               cause.clause());
}

Result<pass::VerifiedAssertion> verify_assertion(const std::string& token, const store::Client& client,
                                                 const std::string& issuer, Instant now) {
  const auto keys = pass::parse_client_keys(client.jwks);
  if (!keys) return refused_assertion(keys.error());
  auto verified = pass::verify_client_assertion(token, *keys, client.client_id, issuer, now);
  if (!verified) return refused_assertion(verified.error());
  return verified;
}

Result<Shown> by_assertion(store::Reader& reader, const Services& services, const http::Request& request,
                           const Form& form, Instant now) {
  const auto token = parameter(form, "client_assertion");
  if (!token || parameter(form, "client_assertion_type") != jwt_bearer) {
    return Error(e::activation_assertion_refused, "client_assertion or its type",
                 "rfc7523#section-2.2: an assertion of type jwt-bearer");
  }
  const auto named = pass::parse_assertion_client(*token);
  if (!named) return refused_assertion(named.error());
  if (parameter(form, "client_id").value_or(*named) != *named) {
    return Error(e::activation_client_id_mismatch, *named, "rfc7521#section-4.2: client_id names the same client");
  }
  TEGATA_ASSIGN(auto client, known_client(reader, *named));
  if (client.auth_method != "private_key_jwt") {
    return Error(e::activation_client_method, client.client_id,
                 "rfc7591#section-2: the method that the client is registered for");
  }
  TEGATA_ASSIGN(auto assertion, verify_assertion(*token, client, services.settings.issuer, now));
  TEGATA_TRY(verify_standing(reader, client, std::nullopt, now));
  TEGATA_ASSIGN(auto certificate, own_certificate(reader, request, client, now));
  return Shown{std::move(client), std::move(certificate), std::move(assertion)};
}

Result<Shown> read_client(const Services& services, const http::Request& request, const Form& form,
                          store::Purpose purpose) {
  return services.store.read<Shown>([&](store::Reader& reader) -> Result<Shown> {
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, purpose));
    const bool asserts = form.contains("client_assertion") || form.contains("client_assertion_type");
    if (request.header("authorization") || form.contains("client_secret")) {
      if (asserts)
        return Error(e::activation_request_malformed, "more than one client authentication",
                     "rfc6749#section-2.3: one method in each request");
      return Error(e::activation_client_secret, {}, "rfc6749#section-2.3: a method that is announced");
    }
    return asserts ? by_assertion(reader, services, request, form, now) : by_certificate(reader, request, form, now);
  });
}

}  // namespace

std::optional<Digest> AuthenticatedClient::thumbprint() const {
  return certificate_ ? std::optional(certificate_->thumbprint) : std::nullopt;
}

Result<AuthenticatedClient> authenticate_client(const Services& services, const http::Request& request,
                                                const Form& form, store::Purpose purpose) {
  TEGATA_ASSIGN(Shown shown, read_client(services, request, form, purpose));
  if (shown.assertion) {
    const Digest proof = sha256("assertion\n" + shown.client.client_id + "\n" + shown.assertion->jti());
    TEGATA_ASSIGN(const bool first, services.store.write<bool>(
                                        [&](store::Transaction& transaction) {
                                          return store::spend_proof(transaction, proof,
                                                                    shown.assertion->forget_after());
                                        },
                                        purpose));
    if (!first) {
      return Error(e::activation_assertion_replayed, shown.client.client_id,
                   "oidc-core#ClientAuthentication: a jti is used once");
    }
  }
  auto key = shown.assertion ? std::optional(base64url(shown.assertion->key())) : std::nullopt;
  return AuthenticatedClient(std::move(shown.client), std::move(shown.certificate), std::move(key));
}

Status verify_no_other_site(const http::Request& request, const std::string& own_origin) {
  const auto refused = [](const std::string& what) {
    return Error(e::activation_cross_site, what, "rfc6749#section-10.12: not what another site made a browser send");
  };
  for (const auto& [name, value] : request.headers) {
    if (name == "origin" && value != own_origin) return refused(value);
    if (name == "sec-fetch-site" && value != "same-origin" && value != "none") return refused(name + " " + value);
  }
  return {};
}

Status verify_standing(store::Reader& reader, const store::Client& client,
                       const std::optional<store::ClientCertificate>& certificate, Instant now) {
  if (certificate) {
    if (!certificate->active) return Error(e::activation_client_certificate_inactive, client.client_id);
    if (now < certificate->not_before || now >= certificate->not_after) {
      return Error(e::activation_client_certificate_expired, client.client_id);
    }
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
