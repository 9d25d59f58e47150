// Keys whose private part lies elsewhere, and keys that are made.
#include <catch2/catch.hpp>

#include "rp/pass/errors.h"
#include "rp/pass/jws.h"
#include "tests/unit/pass/sample_keys.h"

using namespace tegata;
using namespace tegata::pass;
using namespace tegata::test;

TEST_CASE("a public key verifies what the whole key signed, has its name, and signs nothing") {
  const SigningKey whole = sample_key();
  const auto half = SigningKey::parse_jwk(whole.public_jwk());
  REQUIRE(half);
  CHECK(half->kid() == whole.kid());
  CHECK(half->public_jwk() == whole.public_jwk());
  CHECK(whole.can_sign());
  CHECK_FALSE(half->can_sign());
  const auto signature = whole.sign(as_bytes("text"));
  REQUIRE(signature);
  CHECK(half->verify(as_bytes("text"), *signature));
  CHECK_FALSE(half->verify(as_bytes("texts"), *signature));
  CHECK(half->sign(as_bytes("text")).error().code() == errors::jws_signing_failed);
}

TEST_CASE("a signer elsewhere gets the digest, and its answer is the signature") {
  const SigningKey whole = sample_key();
  std::vector<Digest> seen;
  const auto remote = SigningKey::parse_jwk(whole.public_jwk(), [&](const Digest& digest) -> Result<Bytes> {
    seen.push_back(digest);
    return whole.sign(as_bytes("text"));
  });
  REQUIRE(remote);
  CHECK(remote->can_sign());
  const auto signature = remote->sign(as_bytes("text"));
  REQUIRE(signature);
  CHECK(seen == std::vector{sha256("text")});
  CHECK(remote->verify(as_bytes("text"), *signature));
}

TEST_CASE("what is no public key on P-256 is refused") {
  const Json good = sample_key().public_jwk();
  const auto code = [&](const char* name, const Json& value) {
    Json jwk = good;
    jwk[name] = value;
    const auto key = SigningKey::parse_jwk(jwk);
    return key ? std::string() : std::string(key.error().code().name());
  };
  CHECK(code("kty", "RSA") == "signing_key_unusable");
  CHECK(code("crv", "P-384") == "signing_key_unusable");
  CHECK(code("x", "AAAA") == "signing_key_unusable");
  CHECK(code("x", good["y"]) == "signing_key_unusable");
  CHECK(code("x", 1) == "signing_key_unusable");
  CHECK(SigningKey::parse_jwk(Json()).error().code() == errors::signing_key_unusable);
}

TEST_CASE("a key is made of 32 bytes, the same of the same") {
  const Bytes secret(32, 7);
  const auto pem = signing_key_pem(secret);
  REQUIRE(pem);
  const auto key = SigningKey::parse_pem(*pem);
  REQUIRE(key);
  CHECK(key->verify(as_bytes("text"), *key->sign(as_bytes("text"))));
  CHECK(*signing_key_pem(secret) == *pem);
  CHECK(signing_key_pem(Bytes(32, 0)).error().code() == errors::signing_key_unusable);
  CHECK(signing_key_pem(Bytes(32, 255)).error().code() == errors::signing_key_unusable);
}
