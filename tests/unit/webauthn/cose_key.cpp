#include "rp/sandbox/authenticator_keys.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::CborWriter;

std::string parse(const CborWriter& key) { return code_of(PublicKey::parse(key.out())); }

// The generator of P-256: a point that is certainly on the curve.
const Bytes x = from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
const Bytes y = from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

CborWriter ec2(std::int64_t kty, std::int64_t alg, std::int64_t crv, const Bytes& first, const Bytes& second) {
  CborWriter out;
  return out.map(5)
      .integer(1)
      .integer(kty)
      .integer(3)
      .integer(alg)
      .integer(-1)
      .integer(crv)
      .integer(-2)
      .bytes(first)
      .integer(-3)
      .bytes(second);
}

CborWriter okp(std::int64_t alg, std::int64_t crv, const Bytes& point) {
  CborWriter out;
  return out.map(4).integer(1).integer(1).integer(3).integer(alg).integer(-1).integer(crv).integer(-2).bytes(point);
}

CborWriter rsa(const Bytes& modulus, const Bytes& exponent) {
  CborWriter out;
  return out.map(4).integer(1).integer(3).integer(3).integer(-257).integer(-1).bytes(modulus).integer(-2).bytes(
      exponent);
}

Bytes odd_number(std::size_t bytes) {
  Bytes number(bytes, 0xa5);
  return number;
}

}  // namespace

TEST_CASE("COSE keys: ES256 means P-256, uncompressed, on the curve") {
  CHECK(parse(ec2(2, -7, 1, x, y)) == "accepted");
  Bytes off = y;
  off[31] ^= 1;
  CHECK(parse(ec2(2, -7, 1, x, off)) == "webauthn_cose_key_invalid");
  CHECK(parse(ec2(2, -7, 1, Bytes(32), Bytes(32))) == "webauthn_cose_key_invalid");
  CHECK(parse(ec2(2, -7, 2, x, y)) == "webauthn_cose_key_invalid");
  CHECK(parse(ec2(2, -7, 8, x, y)) == "webauthn_cose_key_invalid");
  CHECK(parse(ec2(3, -7, 1, x, y)) == "webauthn_cose_key_invalid");
  CHECK(parse(ec2(2, -7, 1, {}, y)) == "webauthn_cose_key_malformed");
  CHECK(parse(ec2(2, -7, 1, Bytes(31, 1), y)) == "webauthn_cose_key_malformed");
  CHECK(parse(ec2(2, -7, 1, Bytes(33, 1), y)) == "webauthn_cose_key_malformed");
  const auto compressed = CborWriter()
                              .map(5)
                              .integer(1)
                              .integer(2)
                              .integer(3)
                              .integer(-7)
                              .integer(-1)
                              .integer(1)
                              .integer(-2)
                              .bytes(x)
                              .integer(-3)
                              .boolean(true);
  CHECK(parse(compressed) == "webauthn_cose_key_malformed");
}

TEST_CASE("COSE keys: EdDSA means Ed25519") {
  CHECK(parse(okp(-8, 6, x)) == "accepted");
  CHECK(parse(okp(-8, 7, Bytes(57, 1))) == "webauthn_cose_key_invalid");
  CHECK(parse(okp(-8, 4, x)) == "webauthn_cose_key_invalid");
  CHECK(parse(okp(-8, 6, Bytes(31, 1))) == "webauthn_cose_key_malformed");
  CHECK(parse(okp(-7, 6, x)) == "webauthn_cose_key_invalid");
  CHECK(parse(ec2(2, -8, 1, x, y)) == "webauthn_cose_key_invalid");
}

TEST_CASE("COSE keys: RS256 of 2048 to 8192 bits") {
  const Bytes e = from_hex("010001");
  CHECK(parse(rsa(odd_number(256), e)) == "accepted");
  CHECK(parse(rsa(odd_number(512), e)) == "accepted");
  CHECK(parse(rsa(odd_number(1024), e)) == "accepted");
  CHECK(parse(rsa(odd_number(255), e)) == "webauthn_cose_key_invalid");
  CHECK(parse(rsa(odd_number(128), e)) == "webauthn_cose_key_invalid");
  CHECK(parse(rsa(odd_number(1025), e)) == "webauthn_cose_key_malformed");
  CHECK(parse(rsa({}, e)) == "webauthn_cose_key_invalid");
  CHECK(parse(rsa(odd_number(256), {})) == "webauthn_cose_key_malformed");
  CHECK(parse(rsa(odd_number(256), {1})) == "webauthn_cose_key_invalid");
  CHECK(parse(rsa(odd_number(256), {2})) == "webauthn_cose_key_invalid");
  CHECK(parse(rsa(odd_number(256), Bytes(5, 1))) == "webauthn_cose_key_malformed");
}

TEST_CASE("COSE keys: other algorithms are named, other shapes refused") {
  for (const std::int64_t algorithm : {-35, -36, -37, -47, -48, -50, -53, -258, -65535, 0, 7}) {
    CHECK(parse(ec2(2, algorithm, 1, x, y)) == "webauthn_algorithm_unsupported");
  }
  CHECK(parse(CborWriter().array(0)) == "webauthn_cose_key_malformed");
  CHECK(parse(CborWriter().map(0)) == "webauthn_cose_key_malformed");
  CHECK(parse(CborWriter().map(1).integer(3).integer(-7)) == "webauthn_cose_key_malformed");
  CHECK(parse(CborWriter().map(1).integer(3).text("ES256")) == "webauthn_cose_key_malformed");
  const auto extra = CborWriter()
                         .map(6)
                         .integer(1)
                         .integer(2)
                         .integer(3)
                         .integer(-7)
                         .integer(-1)
                         .integer(1)
                         .integer(-2)
                         .bytes(x)
                         .integer(-3)
                         .bytes(y)
                         .integer(4)
                         .array(0);
  CHECK(parse(extra) == "webauthn_cose_key_malformed");
  Bytes trailing = ec2(2, -7, 1, x, y).out();
  trailing.push_back(0);
  CHECK(code_of(PublicKey::parse(trailing)) == "webauthn_cbor_trailing");
}

TEST_CASE("a kept key verifies, again and again, what its private half signed") {
  const std::int64_t algorithm = GENERATE(-7, -8, -257);
  const auto key = sandbox::make_key(algorithm);
  const auto parsed = PublicKey::parse(sandbox::cose_key(key, algorithm));
  REQUIRE(parsed);
  CHECK(parsed->algorithm() == algorithm);
  for (int i = 0; i < 3; ++i) {
    const Bytes message = "message "_b;
    const Bytes signature = sandbox::sign(key, algorithm, message);
    CHECK(parsed->verify(message, signature));
    CHECK_FALSE(parsed->verify("another"_b, signature));
    CHECK_FALSE(parsed->verify(message, {}));
  }
}

}  // namespace tegata::webauthn::test
