#include "rp/activation/metadata.h"

#include "rp/activation/token.h"
#include "rp/pass/client_key.h"

namespace tegata::activation {

namespace {

Json endpoints_at(const std::string& origin) {
  return {{"token_endpoint", origin + "/token"},
          {"pushed_authorization_request_endpoint", origin + "/par"},
          {"backchannel_authentication_endpoint", origin + "/backchannel"},
          {"device_authorization_endpoint", origin + "/device_authorization"},
          {"introspection_endpoint", origin + "/introspect"},
          {"revocation_endpoint", origin + "/revoke"}};
}

}  // namespace

Json metadata(const Settings& settings) {
  const Json methods = {"tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"};
  const Json algorithms = pass::client_algorithms;
  Json out = {{"issuer", settings.issuer},
              {"jwks_uri", settings.issuer + "/jwks"},
              {"mtls_endpoint_aliases", endpoints_at(settings.facility_origin)},
              {"tls_client_certificate_bound_access_tokens", true},
              {"dpop_signing_alg_values_supported", algorithms},
              {"grant_types_supported", {authorization_code_grant, device_code_grant, ciba_grant}},
              {"authorization_endpoint", settings.issuer + "/authorize"},
              {"authorization_response_iss_parameter_supported", true},
              {"response_types_supported", {"code"}},
              {"response_modes_supported", {"query"}},
              {"code_challenge_methods_supported", {"S256"}},
              {"prompt_values_supported", {"login", "consent", "select_account"}},
              {"ui_locales_supported", {"ja", "en"}},
              {"request_parameter_supported", true},
              {"request_object_signing_alg_values_supported", algorithms},
              {"backchannel_authentication_request_signing_alg_values_supported", algorithms},
              {"request_uri_parameter_supported", false},
              {"backchannel_token_delivery_modes_supported", {"poll"}},
              {"backchannel_user_code_parameter_supported", false},
              {"subject_types_supported", {"public"}},
              {"id_token_signing_alg_values_supported", {"ES256"}},
              {"introspection_signing_alg_values_supported", {"ES256"}},
              {"scopes_supported", {"openid", "hpki.sign"}},
              {"acr_values_supported", {"phr", "phrh"}},
              {"claims_supported", {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "sid"}}};
  for (const char* endpoint : {"token", "introspection", "revocation"}) {
    const std::string name = std::string(endpoint) + "_endpoint_auth_";
    out[name + "methods_supported"] = methods;
    if (settings.deployed.is_on() && std::string_view(endpoint) != "introspection") {
      out[name + "methods_supported"].push_back("none");
    }
    out[name + "signing_alg_values_supported"] = algorithms;
  }
  out.update(endpoints_at(settings.issuer));
  return out;
}

}  // namespace tegata::activation
