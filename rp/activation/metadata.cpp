#include "rp/activation/metadata.h"

#include "rp/activation/token.h"

namespace tegata::activation {

Json metadata(const Settings& settings) {
  const Json endpoints = {{"token_endpoint", settings.facility_origin + "/token"},
                          {"device_authorization_endpoint", settings.facility_origin + "/device_authorization"},
                          {"introspection_endpoint", settings.facility_origin + "/introspect"},
                          {"revocation_endpoint", settings.facility_origin + "/revoke"}};
  const Json by_certificate = Json::array({"tls_client_auth"});
  Json out = {{"issuer", settings.issuer},
              {"jwks_uri", settings.issuer + "/jwks"},
              {"mtls_endpoint_aliases", endpoints},
              {"tls_client_certificate_bound_access_tokens", true},
              {"grant_types_supported", {device_code_grant}},
              {"response_types_supported", Json::array()},
              {"subject_types_supported", {"public"}},
              {"id_token_signing_alg_values_supported", {"ES256"}},
              {"scopes_supported", {"openid", "hpki.sign"}},
              {"acr_values_supported", {"phr", "phrh"}},
              {"claims_supported", {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "sid"}},
              {"token_endpoint_auth_methods_supported", by_certificate},
              {"introspection_endpoint_auth_methods_supported", by_certificate},
              {"revocation_endpoint_auth_methods_supported", by_certificate}};
  out.update(endpoints);
  return out;
}

}  // namespace tegata::activation
