#include "rp/pass/jws.h"

#include <catch2/catch.hpp>

#include "rp/base/errors.h"
#include "rp/pass/errors.h"
#include "tests/unit/pass/sample_keys.h"

using namespace tegata;
using namespace tegata::pass;

namespace {

const KeySet two_keys{test::sample_key(), {test::sample_key(test::second_key)}};
const Json signed_claims = {{"sub", "AB123"}, {"n", 1}};

std::string part(const std::string& text) { return base64url(as_bytes(text)); }

// A token that is rightly signed over whatever header and payload text the test wants.
std::string signed_token(const std::string& header, const std::string& payload) {
  const std::string body = part(header) + "." + part(payload);
  return body + "." + base64url(*two_keys.current.sign(as_bytes(body)));
}

std::string header_with(const std::string& alg, const std::string& kid, const std::string& typ) {
  return R"({"alg":")" + alg + R"(","kid":")" + kid + R"(","typ":")" + typ + R"("})";
}

std::string code_of(std::string_view token) {
  const auto result = verify_jws(token, two_keys, "at+jwt");
  return result ? "accepted" : std::string(result.error().code().name());
}

std::string good() { return *sign_jws(two_keys.current, "at+jwt", signed_claims); }

}  // namespace

TEST_CASE("a token comes back as it was signed, by either key") {
  for (const SigningKey& key : {two_keys.current, two_keys.others[0]}) {
    const auto verified = verify_jws(*sign_jws(key, "at+jwt", signed_claims), two_keys, "at+jwt");
    REQUIRE(verified);
    CHECK(verified->claims() == signed_claims);
    CHECK(verified->kid() == key.kid());
  }
}

TEST_CASE("signatures are 64 bytes each time, whatever leading zeros r and s have") {
  for (int i = 0; i < 600; ++i) {
    const std::string message = std::to_string(i);
    const auto signature = two_keys.current.sign(as_bytes(message));
    REQUIRE(signature);
    REQUIRE(signature->size() == 64);
    REQUIRE(two_keys.current.verify(as_bytes(message), *signature));
    REQUIRE_FALSE(two_keys.others[0].verify(as_bytes(message), *signature));
  }
}

TEST_CASE("every single changed character of a token is refused") {
  const std::string token = good();
  for (std::size_t at = 0; at < token.size(); ++at) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    INFO(at);
    CHECK(code_of(changed) != "accepted");
  }
}

TEST_CASE("every truncation of a token is refused") {
  const std::string token = good();
  for (std::size_t size = 0; size < token.size(); ++size) CHECK(code_of(token.substr(0, size)) != "accepted");
}

TEST_CASE("the algorithm is the key's, never the token's") {
  for (const char* alg : {"none", "None", "HS256", "ES384", "es256", ""}) {
    CHECK(code_of(signed_token(header_with(alg, two_keys.current.kid(), "at+jwt"), "{}")) == "jws_algorithm");
  }
  CHECK(code_of(signed_token(R"({"kid":"x","typ":"at+jwt"})", "{}")) == "jws_algorithm");
  // Unsigned, with an empty third part.
  CHECK(code_of(part(header_with("none", two_keys.current.kid(), "at+jwt")) + "." + part("{}") + ".") ==
        "jws_algorithm");
  CHECK(code_of(part(header_with("ES256", two_keys.current.kid(), "at+jwt")) + "." + part("{}") + ".") ==
        "jws_malformed");
}

TEST_CASE("a key that is not ours, or one of ours that did not sign") {
  CHECK(code_of(signed_token(header_with("ES256", "unknown", "at+jwt"), "{}")) == "jws_key_unknown");
  CHECK(code_of(signed_token(R"({"alg":"ES256","typ":"at+jwt"})", "{}")) == "jws_key_unknown");
  CHECK(code_of(signed_token(header_with("ES256", two_keys.others[0].kid(), "at+jwt"), "{}")) == "jws_signature");
}

TEST_CASE("another kind of token is no pass") {
  CHECK(code_of(*sign_jws(two_keys.current, "JWT", signed_claims)) == "jws_type");
  CHECK(code_of(signed_token(R"({"alg":"ES256","kid":")" + two_keys.current.kid() + R"("})", "{}")) == "jws_type");
}

TEST_CASE("header members besides the three are refused") {
  const std::string start = R"({"alg":"ES256","kid":")" + two_keys.current.kid() + R"(","typ":"at+jwt",)";
  CHECK(code_of(signed_token(start + R"("crit":["exp"],"exp":1})", "{}")) == "jws_header_member");
  CHECK(code_of(signed_token(start + R"("jwk":{"kty":"EC"}})", "{}")) == "jws_header_member");
  CHECK(code_of(signed_token(start + R"("jku":"https://example.com"})", "{}")) == "jws_header_member");
  CHECK(code_of(signed_token(R"({"alg":7})", "{}")) == "jws_header_member");
  CHECK(code_of(signed_token(start + R"("alg":"none"})", "{}")) == "jws_malformed");
  CHECK(code_of(signed_token("[]", "{}")) == "jws_malformed");
}

TEST_CASE("the shape is strict: three parts, no padding, no extra characters") {
  const std::string token = good();
  for (const std::string& bad : {token + ".", "." + token, token + "=", token + "\n", " " + token, token + "." + token,
                                 std::string(), std::string(".."), std::string(9000, 'A')}) {
    CHECK(code_of(bad) == "jws_malformed");
  }
}

TEST_CASE("a payload is parsed only after its signature was right") {
  const std::string head = part(header_with("ES256", two_keys.current.kid(), "at+jwt"));
  const std::string forged = head + "." + part("not json") + "." + base64url(Bytes(64, 1));
  CHECK(code_of(forged) == "jws_signature");
  CHECK(code_of(signed_token(header_with("ES256", two_keys.current.kid(), "at+jwt"), "not json")) == "json_malformed");
  CHECK(code_of(signed_token(header_with("ES256", two_keys.current.kid(), "at+jwt"), "[]")) == "pass_claims_malformed");
}

TEST_CASE("a signature of zeros, or too short, or in DER") {
  const std::string token = good();
  const std::string body = token.substr(0, token.rfind('.') + 1);
  for (const Bytes& bad : {Bytes(64, 0), Bytes(63, 1), Bytes(65, 1), Bytes(70, 0x30)}) {
    CHECK(code_of(body + base64url(bad)) == "jws_signature");
  }
}

TEST_CASE("keys: only private ones on P-256") {
  const auto code = [](const char* pem) {
    const auto key = SigningKey::parse_pem(pem);
    return key ? "accepted" : std::string(key.error().code().name());
  };
  CHECK(code(test::p384_key) == "signing_key_unusable");
  CHECK(code("") == "signing_key_unusable");
  CHECK(code("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n") == "signing_key_unusable");
}

TEST_CASE("the key set: public parts only, named by thumbprint") {
  const Json set = two_keys.jwks();
  REQUIRE(set["keys"].size() == 2);
  for (const Json& key : set["keys"]) {
    CHECK_FALSE(key.contains("d"));
    CHECK(key["kty"] == "EC");
    CHECK(key["alg"] == "ES256");
    const std::string canonical = R"({"crv":"P-256","kty":"EC","x":")" + key["x"].get<std::string>() + R"(","y":")" +
                                  key["y"].get<std::string>() + R"("})";
    CHECK(key["kid"] == base64url(sha256(canonical)));
  }
  CHECK(two_keys.find("nobody") == nullptr);
}

TEST_CASE("defect: a type with its prefix, or in capitals, was another type") {
  const auto code = [](const std::string& typ) {
    return code_of(signed_token(header_with("ES256", two_keys.current.kid(), typ), signed_claims.dump()));
  };
  for (const char* same : {"application/at+jwt", "AT+JWT", "Application/At+Jwt"}) CHECK(code(same) == "accepted");
  for (const char* other : {"text/at+jwt", "at+jwt;v=1", " at+jwt", "application/", ""})
    CHECK(code(other) == "jws_type");
}
