// Doors of types in JOSE headers, and of the URL in DPoP proofs.
#include "rp/base/ascii.h"
#include "rp/base/uri.h"
#include "rp/pass/client_assertion.h"
#include "rp/pass/dpop.h"
#include "rp/pass/pass.h"
#include "rp/pass/request_object.h"
#include "tests/readers/doors.h"
#include "tests/support/client_signer.h"
#include "tests/support/still_world.h"
#include "tests/unit/pass/sample_keys.h"

namespace tegata::test {
namespace {

const std::string own_issuer = "https://localhost:8443";

const ClientSigner& token_signer() {
  static const ClientSigner key;
  return key;
}
std::vector<pass::ClientKey> token_keys() { return *pass::parse_client_keys(token_signer().jwks()); }

Json header_of_type(const std::string& type) { return {{"typ", type}}; }

Opened assertion_of_type(const std::string& type) {
  const auto token = token_signer().assertion("ehr", own_issuer, still_moment, {}, header_of_type(type));
  return opened(pass::verify_client_assertion(token, token_keys(), "ehr", own_issuer, still_moment));
}

Opened object_of_type(const std::string& type) {
  const auto token = token_signer().request_object("ehr", own_issuer, still_moment, {}, header_of_type(type));
  return opened(pass::verify_request_object(token, token_keys(), "ehr", own_issuer, pass::RequestKind::authorization,
                                            still_moment));
}

Opened proof_of_type(const std::string& type) {
  const auto token = token_signer().proof("POST", own_issuer, still_moment, {}, header_of_type(type));
  return opened(pass::verify_dpop_proof(token, "POST", own_issuer, still_moment));
}

// What we signed ourselves: a pass, the ID token of the deployed profile, a signed introspection.
Opened own_token_of_type(const std::string& type, const char* expected) {
  const auto key = sample_key();
  const auto token = pass::sign_jws(key, type, {{"iss", own_issuer}});
  return opened(pass::verify_jws(*token, {key, {}}, expected));
}

Door door_of_type(const std::string& name, const std::string& type, Opened (*open)(const std::string&)) {
  return {"typ", name, "jws_type", [=](const std::string& text) {
            std::string capitals = type;
            for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            return open(filled(filled(text, "{type}", ascii_lower(type)), "{TYPE}", capitals));
          }};
}

}  // namespace

std::vector<Door> token_doors() {
  return {
      door_of_type("client assertion", "JWT", assertion_of_type),
      door_of_type("client assertion of its own type", "client-authentication+jwt", assertion_of_type),
      door_of_type("request object", "oauth-authz-req+jwt", object_of_type),
      door_of_type("request object as any JWT", "JWT", object_of_type),
      door_of_type("DPoP proof", "dpop+jwt", proof_of_type),
      door_of_type("pass", "at+jwt", [](auto& type) { return own_token_of_type(type, "at+jwt"); }),
      door_of_type("ID token", "JWT", [](auto& type) { return own_token_of_type(type, "JWT"); }),
      {"url", "normalization", "",
       [](const std::string& text) {
         const auto url = filled(text, "{port}", "8443");
         const auto form = normalize_http_uri(url.substr(0, url.find_first_of("?#")));
         const bool same = form == own_issuer + "/token";
         return Opened{same ? "good" : "dpop_other_request", form.value_or("")};
       }},
      {"url", "DPoP proof", "dpop_other_request",
       [](const std::string& text) {
         const auto token = token_signer().proof("POST", filled(text, "{port}", "8443"), still_moment);
         return opened(pass::verify_dpop_proof(token, "POST", own_issuer + "/token", still_moment));
       }},
  };
}

}  // namespace tegata::test
