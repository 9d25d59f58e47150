// Server conformance cases 57 to 68: self attestation by every algorithm. The words are ours.
#include "rp/sandbox/authenticator/keys.h"
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test::conformance {
namespace {

// Registers with a self attestation and signs in, where the algorithm was asked for; refused where it was not.
void check_algorithm(std::int64_t algorithm) {
  under(both_profiles, [&](Sample& sample) {
    sample.registration.algorithms = {algorithm};
    const Behaviour behaviour = attesting(AttestationChoice::packed_self, algorithm);
    const Json json = sample.create(behaviour);
    const auto verified = sample.verify_created(json);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().algorithm == algorithm);
    CHECK(verified->record().attestation_type == "self");
    sample.record = verified->record();
    CHECK_ACCEPTED(sample.sign_in());
    CHECK_REFUSED(sample.sign_in(lying(Lie::bogus_signature)), errors::webauthn_signature_invalid,
                  wire::clauses::signature);
    CborWriter forged;
    forged.map(2).text("alg").integer(algorithm).text("sig").bytes(Bytes(256, 1));
    CHECK_REFUSED(sample.verify_created(with_statement(json, "packed", forged.out())),
                  errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
    sample.registration.algorithms = {algorithm == -7 ? -257 : -7};
    CHECK_REFUSED(sample.verify_created(json), errors::webauthn_algorithm_not_asked, wire::clauses::algorithm_asked);
  });
}

// A registration whose credential key is these bytes, under "none".
EditJson with_key(const Bytes& cose_key) {
  return [=](const Json& good) {
    Bytes data = part(good, "authenticatorData");
    const std::size_t key_at = credential_id_at + (data[credential_length_at] << 8 | data[credential_length_at + 1]);
    data.resize(key_at);
    data.insert(data.end(), cose_key.begin(), cose_key.end());
    CborWriter object;
    object.map(3).text("fmt").text("none").text("attStmt").map(0).text("authData").bytes(data);
    return with_object(good, object.out());
  };
}

Bytes ec2_key(std::int64_t algorithm, std::int64_t curve, std::size_t size) {
  return CborWriter()
      .map(5)
      .integer(1)
      .integer(2)
      .integer(3)
      .integer(algorithm)
      .integer(-1)
      .integer(curve)
      .integer(-2)
      .bytes(Bytes(size, 1))
      .integer(-3)
      .bytes(Bytes(size, 2))
      .out();
}

}  // namespace

TEST_CASE("case 057: secp256k1 is not supported, and says so") {
  check_created(with_key(ec2_key(-47, 8, 32)), errors::webauthn_algorithm_unsupported, wire::clauses::cose_algorithm);
}

TEST_CASE("case 058: PS256") { check_algorithm(-37); }
TEST_CASE("case 059: PS384") { check_algorithm(-38); }
TEST_CASE("case 060: PS512") { check_algorithm(-39); }
TEST_CASE("case 061: RS256") { check_algorithm(-257); }
TEST_CASE("case 062: RS384") { check_algorithm(-258); }
TEST_CASE("case 063: RS512") { check_algorithm(-259); }

TEST_CASE("case 064: ES256 where older tests had RS1, which no credential may use") {
  check_algorithm(-7);
  const auto rsa = sandbox::authenticator::make_key(-257);
  under(both_profiles, [&](Sample& sample) {
    sample.registration.algorithms = {-65535, -257};
    const Json json = with_key(sandbox::authenticator::cose_key(rsa, -65535))(sample.create());
    CHECK_REFUSED(sample.verify_created(json), errors::webauthn_algorithm_unsupported, wire::clauses::cose_algorithm);
  });
}

TEST_CASE("case 065: ES256") { check_algorithm(-7); }
TEST_CASE("case 066: ES384") { check_algorithm(-35); }
TEST_CASE("case 067: ES512") { check_algorithm(-36); }
TEST_CASE("case 068: Ed25519") { check_algorithm(-8); }

}  // namespace tegata::webauthn::test::conformance
