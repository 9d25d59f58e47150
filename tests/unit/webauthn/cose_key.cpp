#include "tests/support/roca_key.h"
#include "tests/unit/webauthn/cose_point.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::authenticator::CborWriter;

std::string parsed_key(const CborWriter& key) { return code_of(PublicKey::parse(key.out())); }

// The generator of P-256: a point that is certainly on the curve.
const Bytes x = from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
const Bytes y = from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

CborWriter ec2(std::int64_t kty, std::int64_t alg, std::int64_t crv, ByteView first, ByteView second) {
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

CborWriter okp(std::int64_t alg, std::int64_t crv, ByteView point) {
  CborWriter out;
  return out.map(4).integer(1).integer(1).integer(3).integer(alg).integer(-1).integer(crv).integer(-2).bytes(point);
}

CborWriter rsa(const Bytes& modulus, const Bytes& exponent, std::int64_t alg = -257, std::int64_t kty = 3) {
  CborWriter out;
  return out.map(4).integer(1).integer(kty).integer(3).integer(alg).integer(-1).bytes(modulus).integer(-2).bytes(
      exponent);
}

Bytes odd_number(std::size_t bytes) {
  Bytes number(bytes, 0xa5);
  return number;
}

}  // namespace

TEST_CASE("COSE keys: ES256 means P-256, uncompressed, on the curve") {
  CHECK(parsed_key(ec2(2, -7, 1, x, y)) == "accepted");
  Bytes off = y;
  off[31] ^= 1;
  CHECK(parsed_key(ec2(2, -7, 1, x, off)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(2, -7, 1, Bytes(32), Bytes(32))) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(2, -7, 2, x, y)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(2, -7, 8, x, y)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(3, -7, 1, x, y)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(2, -7, 1, {}, y)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(ec2(2, -7, 1, Bytes(31, 1), y)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(ec2(2, -7, 1, Bytes(33, 1), y)) == "webauthn_cose_key_malformed");
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
  CHECK(parsed_key(compressed) == "webauthn_cose_key_malformed");
}

TEST_CASE("COSE keys: ES384 means P-384, ES512 means P-521") {
  const CosePoint p384(-35), p521(-36);
  CHECK(parsed_key(ec2(2, -35, 2, p384.x, p384.y)) == "accepted");
  CHECK(parsed_key(ec2(2, -36, 3, p521.x, p521.y)) == "accepted");
  CHECK(parsed_key(ec2(2, -35, 1, x, y)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(2, -36, 2, p384.x, p384.y)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(2, -35, 2, x, y)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(ec2(2, -36, 3, ByteView(p521.x).first(65), p521.y)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(ec2(2, -36, 3, p521.x, ByteView(p521.y).first(65))) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(ec2(2, -35, 2, p384.y, p384.x)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(2, -36, 3, p521.y, p521.x)) == "webauthn_cose_key_invalid");
}

TEST_CASE("COSE keys: a coordinate is below the prime of its field") {
  CHECK(parsed_key(ec2(2, -7, 1, Bytes(32, 0xff), y)) == "webauthn_cose_key_invalid");
  // x = 5 is on P-256; 5 + p is the same residue.
  const Bytes x5 = from_hex("0000000000000000000000000000000000000000000000000000000000000005");
  const Bytes y5 = from_hex("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
  const Bytes x5_p = from_hex("ffffffff00000001000000000000000000000001000000000000000000000004");
  CHECK(parsed_key(ec2(2, -7, 1, x5, y5)) == "accepted");
  CHECK(parsed_key(ec2(2, -7, 1, x5_p, y5)) == "webauthn_cose_key_invalid");
}

TEST_CASE("defect: a credential key whose modulus tells how to factor it (ROCA) was registered") {
  const Bytes exponent{1, 0, 1};
  CHECK(parsed_key(rsa(tegata::test::roca_modulus(), exponent)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(rsa(tegata::test::roca_modulus(), exponent, -37)) == "webauthn_cose_key_invalid");
}

TEST_CASE("COSE keys: EdDSA means Ed25519") {
  const CosePoint point(-8);
  CHECK(parsed_key(okp(-8, 6, point.x)) == "accepted");
  CHECK(parsed_key(okp(-8, 7, CosePoint(-53).x)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(okp(-8, 4, point.x)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(okp(-8, 6, Bytes(31, 1))) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(okp(-7, 6, point.x)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(ec2(2, -8, 1, x, y)) == "webauthn_cose_key_invalid");
}

TEST_CASE("COSE keys: -53 means Ed448") {
  const CosePoint point(-53);
  CHECK(parsed_key(okp(-53, 7, point.x)) == "accepted");
  CHECK(parsed_key(okp(-53, 6, CosePoint(-8).x)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(okp(-53, 7, ByteView(point.x).first(56))) == "webauthn_cose_key_malformed");
}

TEST_CASE("COSE keys: points of Edwards curves are canonical, on the curve and of large order") {
  const auto ed25519 = [](const char* text) { return parsed_key(okp(-8, 6, from_hex(text))); };
  const auto ed448 = [](const std::string& text) { return parsed_key(okp(-53, 7, from_hex(text))); };
  // The base points of RFC 8032.
  CHECK(ed25519("5866666666666666666666666666666666666666666666666666666666666666") == "accepted");
  CHECK(
      ed448("14fa30f25b790898adc8d74e2c13bdfdc4397ce61cffd33ad7c2a0051e9c78874098a36c7373ea4b62c7c9563720768824bcb66e71"
            "463f6900") == "accepted");
  const char* const wrong[] = {
      "0200000000000000000000000000000000000000000000000000000000000000",  // y = 2: no such x
      "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // y = p + 3, which 3 is too
      "0100000000000000000000000000000000000000000000000000000000000000",  // order 1
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // order 2
      "0000000000000000000000000000000000000000000000000000000000000000",  // order 4
      "0000000000000000000000000000000000000000000000000000000000000080",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  // order 8
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  };
  for (const char* text : wrong) {
    INFO(text);
    CHECK(ed25519(text) == "webauthn_cose_key_invalid");
  }
  CHECK(ed25519("0300000000000000000000000000000000000000000000000000000000000000") == "accepted");
  const std::string zeros(112, '0');
  CHECK(ed448("00" + zeros) == "webauthn_cose_key_invalid");
  CHECK(ed448("01" + zeros) == "webauthn_cose_key_invalid");
  CHECK(ed448("fe" + std::string(54, 'f') + "fe" + std::string(54, 'f') + "00") == "webauthn_cose_key_invalid");
  CHECK(ed448(std::string(112, 'f') + "00") == "webauthn_cose_key_invalid");
}

TEST_CASE("COSE keys: RSA of 2048 to 8192 bits, with an odd exponent of 2 to 32") {
  const Bytes e = from_hex("010001");
  for (const std::int64_t algorithm : {-257, -258, -259, -37, -38, -39}) {
    CHECK(parsed_key(rsa(odd_number(256), e, algorithm)) == "accepted");
    CHECK(parsed_key(rsa(odd_number(255), e, algorithm)) == "webauthn_cose_key_invalid");
    CHECK(parsed_key(rsa(odd_number(256), e, algorithm, 2)) == "webauthn_cose_key_invalid");
  }
  CHECK(parsed_key(rsa(odd_number(512), e)) == "accepted");
  CHECK(parsed_key(rsa(odd_number(1024), e)) == "accepted");
  CHECK(parsed_key(rsa(odd_number(128), e)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(rsa(odd_number(1025), e)) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(rsa(odd_number(256), {3})) == "accepted");
  CHECK(parsed_key(rsa(odd_number(256), from_hex("ffffffff"))) == "accepted");
  CHECK(parsed_key(rsa(odd_number(256), {1})) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(rsa(odd_number(256), {2})) == "webauthn_cose_key_invalid");
  CHECK(parsed_key(rsa(odd_number(256), Bytes(5, 1))) == "webauthn_cose_key_invalid");
  Bytes even = odd_number(256);
  even.back() ^= 1;
  CHECK(parsed_key(rsa(even, e)) == "webauthn_cose_key_invalid");
  // A number has no zeros in front, and some bytes.
  Bytes padded = odd_number(256);
  padded.insert(padded.begin(), 0);
  CHECK(parsed_key(rsa(padded, e)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(rsa({}, e)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(rsa(odd_number(256), {})) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(rsa(odd_number(256), from_hex("00010001"))) == "webauthn_cose_key_malformed");
}

TEST_CASE("COSE keys: other algorithms are named, other shapes refused") {
  for (const std::int64_t algorithm : {-9, -19, -47, -48, -49, -50, -51, -52, -65535, 0, 7}) {
    CHECK(parsed_key(ec2(2, algorithm, 1, x, y)) == "webauthn_algorithm_unsupported");
  }
  // ML-DSA-44 in the form that is being standardised: key type 7, a public key of 1312 bytes.
  const auto ml_dsa =
      CborWriter().map(3).integer(1).integer(7).integer(3).integer(-48).integer(-1).bytes(Bytes(1312, 1));
  CHECK(parsed_key(ml_dsa) == "webauthn_algorithm_unsupported");
  const auto no_bytes =
      CborWriter().map(4).integer(1).integer(1).integer(3).integer(-8).integer(-1).integer(6).integer(-2);
  CHECK(parsed_key(CborWriter(no_bytes).text("x")) == "webauthn_cose_key_malformed");
  const auto other_label = CborWriter().map(4).integer(1).integer(1).integer(3).integer(-8).integer(-1).integer(6);
  CHECK(parsed_key(CborWriter(other_label).integer(-4).bytes(Bytes(32, 1))) == "webauthn_cose_key_malformed");
  const Bytes point = CosePoint(-8).x;
  const auto longer = CborWriter().map(5).integer(1).integer(1).integer(3).integer(-8).integer(-1).integer(6);
  CHECK(parsed_key(CborWriter(longer).integer(-2).bytes(point).integer(-3).bytes(point)) ==
        "webauthn_cose_key_malformed");
  CHECK(parsed_key(CborWriter().array(0)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(CborWriter().map(0)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(CborWriter().map(1).integer(3).integer(-7)) == "webauthn_cose_key_malformed");
  CHECK(parsed_key(CborWriter().map(1).integer(3).text("ES256")) == "webauthn_cose_key_malformed");
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
  CHECK(parsed_key(extra) == "webauthn_cose_key_malformed");
  Bytes trailing = ec2(2, -7, 1, x, y).out();
  trailing.push_back(0);
  CHECK(code_of(PublicKey::parse(trailing)) == "webauthn_cbor_trailing");
}

}  // namespace tegata::webauthn::test
