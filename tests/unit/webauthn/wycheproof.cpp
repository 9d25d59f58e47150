// Project Wycheproof's signatures at the function under the door of assertions: a COSE key made of the vector's key,
// and PublicKey::verify. The message of a vector is no authenticator data, so whole assertions with such signatures
// stand in signature_encodings.cpp.
#include <iostream>
#include <map>

#include "rp/webauthn/wire/algorithm.h"
#include "tests/support/wycheproof.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test::wycheproof {
namespace {

using sandbox::authenticator::CborWriter;
using vectors::hex_at;

// Of that many bytes, or without leading zeros.
Bytes number_at(const Json& key, const char* member, std::size_t size = 0) {
  Bytes number = hex_at(key, member);
  while (number.size() > size && number.front() == 0) number.erase(number.begin());
  number.insert(number.begin(), size > number.size() ? size - number.size() : 0, 0);
  return number;
}

CborWriter head(std::size_t members, std::int64_t kty, std::int64_t alg) {
  CborWriter out;
  return out.map(members).integer(1).integer(kty).integer(3).integer(alg);
}

Bytes ec2(const Json& group, std::int64_t alg, std::int64_t curve, std::size_t size) {
  const Json& key = group["publicKey"];
  CborWriter out = head(5, 2, alg);
  return out.integer(-1)
      .integer(curve)
      .integer(-2)
      .bytes(number_at(key, "wx", size))
      .integer(-3)
      .bytes(number_at(key, "wy", size))
      .out();
}
Bytes es256(const Json& group) { return ec2(group, wire::cose::es256, 1, 32); }
Bytes es384(const Json& group) { return ec2(group, wire::cose::es384, 2, 48); }

Bytes eddsa(const Json& group) {
  CborWriter out = head(4, 1, wire::cose::eddsa);
  return out.integer(-1).integer(6).integer(-2).bytes(hex_at(group["publicKey"], "pk")).out();
}

Bytes rs256(const Json& group) {
  const Json& key = group["publicKey"];
  CborWriter out = head(4, 3, wire::cose::rs256);
  return out.integer(-1).bytes(number_at(key, "modulus")).integer(-2).bytes(number_at(key, "publicExponent")).out();
}

struct File {
  const char* name;
  Bytes (*cose_key)(const Json& group);
};
constexpr File taken[] = {
    {"ecdsa_secp256r1_sha256_test.json", es256},
    {"ecdsa_secp384r1_sha384_test.json", es384},
    {"ed25519_test.json", eddsa},
    {"rsa_signature_2048_sha256_test.json", rs256},
    {"rsa_signature_3072_sha256_test.json", rs256},
};

// What the vectors leave open, by flag: docs/divergences.md has the reasons.
const std::map<std::string, bool> acceptable = {{"MissingNull", false}};

bool is_to_be_accepted(const Json& test) {
  if (test["result"] != "acceptable") return test["result"] == "valid";
  REQUIRE(test["flags"].size() == 1);
  return acceptable.at(test["flags"][0]);
}

// ML-DSA as draft-ietf-cose-dilithium writes it: kty AKP (7), and its only parameter is the key (-1).
Bytes mldsa(const Json& group, std::int64_t alg) {
  CborWriter out = head(3, 7, alg);
  return out.integer(-1).bytes(hex_at(group, "publicKey")).out();
}

}  // namespace

TEST_CASE("Wycheproof: every signature of an algorithm of assertions has its expected result") {
  if (!vectors::wycheproof_or_skipped(1)) return;
  for (const File& file : taken) {
    std::map<std::string, int> counts;
    vectors::for_each_case(file.name, [&](const Json& group) {
      const auto key = PublicKey::parse(file.cose_key(group));
      REQUIRE(code_of(key) == "accepted");
      return [&counts, key = *key](const Json& test) {
        const bool verified = key.verify(hex_at(test, "msg"), hex_at(test, "sig"));
        CHECK(verified == is_to_be_accepted(test));
        ++counts[test["result"].get<std::string>() + (verified ? ", accepted" : ", refused")];
      };
    });
    for (const auto& [what, count] : counts) std::cout << file.name << ": " << count << " " << what << "\n";
  }
}

TEST_CASE("Wycheproof: keys of ML-DSA are refused as unsupported, so none of their signatures is ever looked at") {
  if (!vectors::wycheproof_or_skipped(1)) return;
  const std::pair<const char*, std::int64_t> files[] = {{"44", -48}, {"65", -49}, {"87", -50}};
  for (const auto& [size, algorithm] : files) {
    vectors::for_each_case("mldsa_" + std::string(size) + "_verify_test.json", [&](const Json& group) {
      const std::string code = code_of(PublicKey::parse(mldsa(group, algorithm)));
      return [code](const Json&) { CHECK(code == "webauthn_algorithm_unsupported"); };
    });
  }
}

}  // namespace tegata::webauthn::test::wycheproof
