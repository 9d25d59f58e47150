// What a browser brings to /authorize, or a client pushes ahead (RFC 9126): the parameters of the code flow
// (RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core section 3.1.2.1).
#pragma once

#include "rp/activation/asked.h"

namespace tegata::activation {

struct AuthorizationRequest {
  Asked asked;
  std::string redirect_uri, state, nonce, code_challenge, dpop_jkt, ui_locales;
  std::string registered_uri;  // that redirect_uri is
};

// The registered URI that this one is: byte for byte, but for the port of a loopback address (RFC 8252 section 7.3).
std::optional<std::string> find_registered(const std::string& uri, const std::vector<std::string>& registered);

// The URI to which answers and errors may be sent. Error: activation_redirect_uri, which must not be redirected.
Result<std::string> verify_redirect_uri(const Form&, const store::Client&);

// Errors: activation_redirect_uri, activation_response_type, activation_login_required,
// activation_request_uri_elsewhere, activation_request_malformed, and those of verify_asked.
Result<AuthorizationRequest> verify_authorization_request(const Form&, const store::Client&);

// What the hand-off keeps of it.
Json to_json(const AuthorizationRequest&);

// redirect_uri with the answer's parameters, iss (RFC 9207) and state among them.
std::string answer_uri(const std::string& redirect_uri, const std::string& state, const std::string& issuer,
                       const std::vector<std::pair<std::string, std::string>>& answer);

}  // namespace tegata::activation
