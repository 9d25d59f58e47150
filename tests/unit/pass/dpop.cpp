// DPoP proofs: a good one of each algorithm, and each rule of RFC 9449 section 4.3 broken alone.
#include "rp/pass/dpop.h"

#include <catch2/catch.hpp>

#include "tests/support/client_signer.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

const std::string url = "https://localhost:8443/token";

std::string proof_verdict(const std::string& proof) {
  const auto verified = pass::verify_dpop_proof(proof, "POST", url, still_moment);
  return verified ? base64url(verified->thumbprint()) : std::string(verified.error().code().name());
}

}  // namespace

TEST_CASE("a proof of each algorithm names its key") {
  for (const char* alg : {"ES256", "RS256", "PS256"}) {
    const ClientSigner signer(alg);
    CHECK(proof_verdict(signer.proof("POST", url, still_moment)) == signer.thumbprint());
    CHECK(proof_verdict(signer.proof("POST", url + "?a=b#c", still_moment)) == signer.thumbprint());
  }
}

TEST_CASE("each claim and header of a proof is held") {
  const ClientSigner signer, other;
  const std::int64_t at = unix_seconds(still_moment);
  const auto claims = [&](const Json& changes) {
    return proof_verdict(signer.proof("POST", url, still_moment, changes));
  };
  const auto header = [&](const Json& changes) {
    return proof_verdict(signer.proof("POST", url, still_moment, {}, changes));
  };
  CHECK(claims({{"htm", "GET"}}) == "dpop_other_request");
  CHECK(claims({{"htm", "post"}}) == "dpop_other_request");
  CHECK(claims({{"htu", "https://localhost:8445/token"}}) == "dpop_other_request");
  CHECK(claims({{"htu", url + "/"}}) == "dpop_other_request");
  CHECK(claims({{"htm", nullptr}}) == "dpop_claims_malformed");
  CHECK(claims({{"htu", nullptr}}) == "dpop_claims_malformed");
  CHECK(claims({{"jti", nullptr}}) == "dpop_claims_malformed");
  CHECK(claims({{"jti", std::string(257, 'j')}}) == "dpop_claims_malformed");
  CHECK(claims({{"iat", nullptr}}) == "dpop_claims_malformed");
  CHECK(claims({{"iat", at - 60}}) == signer.thumbprint());
  CHECK(claims({{"iat", at - 61}}) == "dpop_not_of_now");
  CHECK(claims({{"iat", at + 60}}) == signer.thumbprint());
  CHECK(claims({{"iat", at + 61}}) == "dpop_not_of_now");
  CHECK(header({{"typ", "JWT"}}) == "jws_type");
  CHECK(header({{"alg", "none"}}) == "jws_algorithm");
  CHECK(header({{"alg", "HS256"}}) == "jws_algorithm");
  CHECK(header({{"alg", "RS256"}}) == "jws_signature");
  CHECK(header({{"crit", {"b64"}}}) == "jws_header_member");
  CHECK(header({{"jwk", other.jwk()}}) == "jws_signature");
  Json secret = signer.jwk();
  secret["d"] = "AAAA";
  CHECK(header({{"jwk", secret}}) == "jwk_secret");
  CHECK(header({{"jwk", nullptr}}) == "jwk_unusable");
  CHECK(proof_verdict("a.b") == "jws_malformed");
}

TEST_CASE("a proof is remembered for as long as it could be used") {
  const ClientSigner signer;
  const auto proof = pass::verify_dpop_proof(signer.proof("POST", url, still_moment), "POST", url, still_moment);
  REQUIRE(proof);
  CHECK(proof->forget_after() > still_moment + pass::clock_tolerance);
}

TEST_CASE("defect: an htu that was written otherwise was another request's, and a type with its prefix another's") {
  const ClientSigner signer;
  for (const char* same :
       {"HTTPS://LOCALHOST:8443/token", "https://localhost:8443/%74oken", "https://localhost:8443/a/../token"}) {
    INFO(same);
    CHECK(proof_verdict(signer.proof("POST", same, still_moment)) == signer.thumbprint());
  }
  for (const char* typ : {"application/dpop+jwt", "DPoP+JWT"}) {
    INFO(typ);
    CHECK(proof_verdict(signer.proof("POST", url, still_moment, {}, {{"typ", typ}})) == signer.thumbprint());
  }
  CHECK(proof_verdict(signer.proof("POST", url, still_moment, {}, {{"typ", "text/dpop+jwt"}})) == "jws_type");
}
