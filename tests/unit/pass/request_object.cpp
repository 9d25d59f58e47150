// Signed requests: a good one of each algorithm, and each rule broken alone.
#include "rp/pass/request_object.h"

#include <catch2/catch.hpp>

#include "tests/support/client_signer.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;
using pass::RequestKind;

namespace {

const std::string object_issuer = "https://localhost:8443";

std::string object_verdict(const std::string& token, const Json& jwks, RequestKind kind = RequestKind::authorization) {
  const auto keys = pass::parse_client_keys(jwks);
  REQUIRE(keys);
  const auto verified = pass::verify_request_object(token, *keys, "ehr", object_issuer, kind, still_moment);
  return verified ? "good" : std::string(verified.error().code().name());
}

}  // namespace

TEST_CASE("a request object of each algorithm is taken, with its type, JWT, or none") {
  for (const char* alg : {"ES256", "RS256", "PS256"}) {
    const ClientSigner signer(alg);
    for (const Json& header : {Json::object(), Json{{"typ", "JWT"}}, Json{{"typ", "oauth-authz-req+jwt"}}}) {
      CHECK(object_verdict(signer.request_object("ehr", object_issuer, still_moment, {}, header), signer.jwks()) ==
            "good");
    }
  }
}

TEST_CASE("each claim of a request object is held") {
  const ClientSigner signer;
  const std::int64_t at = unix_seconds(still_moment);
  const auto with = [&](const Json& changes, RequestKind kind = RequestKind::authorization) {
    return object_verdict(signer.request_object("ehr", object_issuer, still_moment, changes), signer.jwks(), kind);
  };
  CHECK(with({{"iss", "other"}}) == "request_object_other_client");
  CHECK(with({{"iss", nullptr}}) == "request_object_other_client");
  CHECK(with({{"client_id", "other"}}) == "request_object_other_client");
  CHECK(with({{"client_id", nullptr}}) == "request_object_other_client");
  CHECK(with({{"aud", nullptr}}) == "request_object_other_audience");
  CHECK(with({{"aud", object_issuer + "/authorize"}}) == "request_object_other_audience");
  CHECK(with({{"aud", {object_issuer, "https://elsewhere.example"}}}) == "request_object_other_audience");
  CHECK(with({{"aud", {object_issuer}}}) == "good");
  CHECK(with({{"sub", "ehr"}}) == "request_object_claims_malformed");
  CHECK(with({{"exp", nullptr}}) == "request_object_claims_malformed");
  CHECK(with({{"exp", "soon"}}) == "request_object_claims_malformed");
  CHECK(with({{"exp", at - 60}}) == "request_object_expired");
  CHECK(with({{"exp", at - 59}}) == "good");
  CHECK(with({{"exp", at + 3600}}) == "good");
  CHECK(with({{"exp", at + 3601}}) == "request_object_lives_too_long");
  CHECK(with({{"nbf", at - 3600}, {"exp", at + 1}}) == "request_object_lives_too_long");
  CHECK(with({{"nbf", at + 60}}) == "good");
  CHECK(with({{"nbf", at + 61}, {"exp", at + 120}}) == "request_object_not_yet_valid");
  CHECK(with({{"iat", at + 61}}) == "request_object_not_yet_valid");
  CHECK(with({{"jti", ""}}) == "request_object_claims_malformed");
  CHECK(with({{"request", "a.b.c"}}) == "request_object_nested");
  CHECK(with({{"request_uri", "urn:x"}}) == "request_object_nested");
  CHECK(with({{"scope", true}}) == "request_object_claims_malformed");
  CHECK(with({{"resource", {"https://a.example", "https://b.example"}}}) == "request_object_claims_malformed");
}

TEST_CASE("at the backchannel nbf, iat and jti must be there, client_id need not") {
  const ClientSigner signer;
  const std::int64_t at = unix_seconds(still_moment);
  const auto with = [&](Json changes) {
    changes.emplace("nbf", at);
    changes.emplace("iat", at);
    changes.emplace("jti", "1");
    return object_verdict(signer.request_object("ehr", object_issuer, still_moment, changes), signer.jwks(),
                          RequestKind::backchannel);
  };
  CHECK(with(Json::object()) == "good");
  CHECK(with({{"client_id", nullptr}}) == "good");
  CHECK(with({{"client_id", "other"}}) == "request_object_other_client");
  for (const char* name : {"nbf", "iat", "jti"}) CHECK(with({{name, nullptr}}) == "request_object_claims_malformed");
}

TEST_CASE("each header of a request object is held, and the signature") {
  const ClientSigner signer, other;
  const auto with = [&](const Json& header) {
    return object_verdict(signer.request_object("ehr", object_issuer, still_moment, {}, header), signer.jwks());
  };
  CHECK(with({{"alg", "none"}}) == "jws_algorithm");
  CHECK(with({{"alg", "HS256"}}) == "jws_algorithm");
  CHECK(with({{"typ", "client-authentication+jwt"}}) == "jws_type");
  CHECK(with({{"typ", "dpop+jwt"}}) == "jws_type");
  CHECK(with({{"crit", {"exp"}}}) == "jws_header_member");
  CHECK(with({{"kid", "nobody's"}}) == "assertion_key_unknown");
  CHECK(object_verdict(other.request_object("ehr", object_issuer, still_moment), signer.jwks()) == "jws_signature");
  CHECK(object_verdict(signer.request_object("ehr", object_issuer, still_moment), {{"keys", Json::array()}}) ==
        "assertion_key_unknown");
  CHECK(object_verdict("e30.e30.", signer.jwks()) != "good");
}

TEST_CASE("no request object is a client assertion, nor the other way round") {
  const ClientSigner signer;
  const auto keys = pass::parse_client_keys(signer.jwks());
  CHECK(object_verdict(signer.assertion("ehr", object_issuer, still_moment), signer.jwks()) ==
        "request_object_other_client");
  CHECK(object_verdict(signer.assertion("ehr", object_issuer, still_moment, {{"client_id", "ehr"}}), signer.jwks()) ==
        "request_object_claims_malformed");
}

TEST_CASE("what stands in a request object becomes a form: numbers in digits, a list of one as that one") {
  const ClientSigner signer;
  const auto keys = pass::parse_client_keys(signer.jwks());
  const Json changes = {
      {"scope", "openid"}, {"max_age", 60}, {"resource", {"https://a.example"}}, {"claims", {{"x", 1}}}};
  const auto verified =
      pass::verify_request_object(signer.request_object("ehr", object_issuer, still_moment, changes), *keys, "ehr",
                                  object_issuer, RequestKind::authorization, still_moment);
  REQUIRE(verified);
  CHECK(verified->parameters() ==
        std::map<std::string, std::string>{
            {"client_id", "ehr"}, {"scope", "openid"}, {"max_age", "60"}, {"resource", "https://a.example"}});
}
