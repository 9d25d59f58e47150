// private_key_jwt: a good assertion of each algorithm, and each rule broken alone.
#include "rp/pass/client_assertion.h"

#include <catch2/catch.hpp>

#include "tests/support/client_signer.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

const std::string token_issuer = "https://localhost:8443";

std::string assertion_verdict(const std::string& token, const Json& jwks) {
  const auto keys = pass::parse_client_keys(jwks);
  if (!keys) return std::string(keys.error().code().name());
  const auto verified = pass::verify_client_assertion(token, *keys, "ehr", token_issuer, still_moment);
  return verified ? "good" : std::string(verified.error().code().name());
}

}  // namespace

TEST_CASE("an assertion of each algorithm is taken, with and without kid and typ") {
  for (const char* alg : {"ES256", "RS256", "PS256"}) {
    const ClientSigner signer(alg);
    CHECK(assertion_verdict(signer.assertion("ehr", token_issuer, still_moment), signer.jwks()) == "good");
    Json named = signer.jwks();
    named["keys"][0]["kid"] = "k1";
    named["keys"][0]["use"] = "sig";
    CHECK(assertion_verdict(signer.assertion("ehr", token_issuer, still_moment, {}, {{"kid", "k1"}, {"typ", "JWT"}}),
                            named) == "good");
    CHECK(assertion_verdict(signer.assertion("ehr", token_issuer, still_moment, {}, {{"kid", "k2"}}), named) ==
          "assertion_key_unknown");
    CHECK(assertion_verdict(signer.assertion("ehr", token_issuer, still_moment, {{"aud", {token_issuer}}}),
                            signer.jwks()) == "good");
  }
}

TEST_CASE("each claim of an assertion is held") {
  const ClientSigner signer;
  const std::int64_t at = unix_seconds(still_moment);
  const auto with = [&](const Json& changes) {
    return assertion_verdict(signer.assertion("ehr", token_issuer, still_moment, changes), signer.jwks());
  };
  CHECK(with({{"iss", "other"}}) == "assertion_other_client");
  CHECK(with({{"sub", "other"}}) == "assertion_other_client");
  CHECK(with({{"aud", token_issuer + "/token"}}) == "assertion_other_audience");
  CHECK(with({{"aud", {token_issuer, "https://elsewhere.example"}}}) == "assertion_other_audience");
  CHECK(with({{"aud", nullptr}}) == "assertion_other_audience");
  CHECK(with({{"exp", nullptr}}) == "assertion_claims_malformed");
  CHECK(with({{"exp", "soon"}}) == "assertion_claims_malformed");
  CHECK(with({{"exp", at - 60}}) == "assertion_expired");
  CHECK(with({{"exp", at - 59}}) == "good");
  CHECK(with({{"exp", at + 360}}) == "good");
  CHECK(with({{"exp", at + 361}}) == "assertion_lives_too_long");
  CHECK(with({{"nbf", at + 60}}) == "good");
  CHECK(with({{"nbf", at + 61}}) == "assertion_not_yet_valid");
  CHECK(with({{"iat", at + 61}}) == "assertion_not_yet_valid");
  CHECK(with({{"jti", nullptr}}) == "assertion_claims_malformed");
  CHECK(with({{"jti", ""}}) == "assertion_claims_malformed");
  CHECK(with({{"jti", std::string(257, 'j')}}) == "assertion_claims_malformed");
}

TEST_CASE("each header of an assertion is held, and the signature") {
  const ClientSigner signer, other;
  const auto with = [&](const Json& header) {
    return assertion_verdict(signer.assertion("ehr", token_issuer, still_moment, {}, header), signer.jwks());
  };
  CHECK(with({{"alg", "none"}}) == "jws_algorithm");
  CHECK(with({{"alg", "HS256"}}) == "jws_algorithm");
  CHECK(with({{"alg", "ES384"}}) == "jws_algorithm");
  CHECK(with({{"alg", "RS256"}}) == "assertion_key_unknown");
  CHECK(with({{"typ", "at+jwt"}}) == "jws_type");
  CHECK(with({{"typ", "dpop+jwt"}}) == "jws_type");
  CHECK(with({{"crit", {"exp"}}}) == "jws_header_member");
  CHECK(assertion_verdict(other.assertion("ehr", token_issuer, still_moment), signer.jwks()) == "jws_signature");
  CHECK(assertion_verdict(other.assertion("ehr", token_issuer, still_moment, {}, {{"jwk", other.jwk()}}),
                          signer.jwks()) == "jws_signature");
  std::string token = signer.assertion("ehr", token_issuer, still_moment);
  CHECK(assertion_verdict(token + "A", signer.jwks()) != "good");
  CHECK(assertion_verdict(token.substr(0, token.rfind('.')), signer.jwks()) == "jws_malformed");
  CHECK(assertion_verdict("", signer.jwks()) == "jws_malformed");
}

TEST_CASE("defect: a typ that is no text was taken as none, and a crv that is none threw") {
  const ClientSigner signer;
  for (const Json& typ : {Json(7), Json(nullptr), Json::array({"JWT"})}) {
    CHECK(assertion_verdict(signer.assertion("ehr", token_issuer, still_moment, {}, {{"typ", typ}}), signer.jwks()) ==
          "jws_type");
  }
  CHECK(assertion_verdict(signer.assertion("ehr", token_issuer, still_moment, {}, {{"typ", "JWT"}}), signer.jwks()) ==
        "good");
  Json jwk = signer.jwk();
  jwk["crv"] = 256;
  const auto key = pass::ClientKey::parse(jwk);
  REQUIRE(!key);
  CHECK(key.error().code().name() == "json_member_type");
}

TEST_CASE("keys that are not to be used: private, symmetric, short, off the curve, for encryption") {
  const ClientSigner signer, rsa("RS256"), short_rsa("RS256", 1024);
  const auto code = [](const Json& jwk) {
    const auto key = pass::ClientKey::parse(jwk);
    return key ? "good" : std::string(key.error().code().name());
  };
  const auto with = [](Json jwk, const char* name, const Json& value) {
    jwk[name] = value;
    return jwk;
  };
  CHECK(code(signer.jwk()) == "good");
  CHECK(code(rsa.jwk()) == "good");
  CHECK(code(with(signer.jwk(), "d", "AAAA")) == "jwk_secret");
  CHECK(code({{"kty", "oct"}, {"k", "AAAA"}}) == "jwk_secret");
  CHECK(code(with(signer.jwk(), "use", "enc")) == "jwk_unusable");
  CHECK(code(with(signer.jwk(), "key_ops", {"sign"})) == "jwk_unusable");
  CHECK(code(with(signer.jwk(), "crv", "P-384")) == "jwk_unusable");
  CHECK(code(with(signer.jwk(), "x", signer.jwk()["y"])) == "jwk_unusable");
  CHECK(code(short_rsa.jwk()) == "jwk_unusable");
  CHECK(code({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "AAAA"}}) == "jwk_unusable");
  CHECK(code(Json::array()) == "jwk_unusable");
  CHECK(base64url(pass::ClientKey::parse(signer.jwk())->thumbprint()) == signer.thumbprint());
  CHECK(base64url(pass::ClientKey::parse(rsa.jwk())->thumbprint()) == rsa.thumbprint());
}

TEST_CASE("defect: an assertion of type jwt, or application/jwt, was of another type") {
  const ClientSigner signer;
  const auto with = [&](const char* typ) {
    return assertion_verdict(signer.assertion("ehr", token_issuer, still_moment, {}, {{"typ", typ}}), signer.jwks());
  };
  for (const char* same : {"jwt", "application/jwt", "application/JWT", "Client-Authentication+JWT"}) {
    INFO(same);
    CHECK(with(same) == "good");
  }
  CHECK(with("text/jwt") == "jws_type");
}
