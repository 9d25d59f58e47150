#include "rp/sandbox/authenticator/keys.h"
#include "tests/unit/webauthn/attested_sample.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::authenticator::CborWriter;

const Behaviour u2f = attesting(AttestationChoice::fido_u2f, -7);

Result<VerifiedRegistration> u2f_judged_with(std::string_view name, const std::optional<Bytes>& value) {
  return test::judged_with(u2f, "fido-u2f", name, value);
}

}  // namespace

TEST_CASE("fido-u2f: a good one is trusted to its root, and certified without one") {
  CHECK(trusted(u2f) == "trusted");
  const auto verified = judged(u2f);
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->record().attestation_type == "unverified");
  CHECK(verified->record().aaguid == Bytes(16));
}

TEST_CASE("fido-u2f: exactly sig, and x5c with one certificate") {
  const auto malformed = errors::webauthn_attestation_statement_malformed;
  CHECK_REFUSED(u2f_judged_with("sig", {}), malformed, wire::clauses::fido_u2f_syntax);
  CHECK_REFUSED(u2f_judged_with("sig", CborWriter().integer(1).out()), malformed, wire::clauses::fido_u2f_syntax);
  CHECK_REFUSED(u2f_judged_with("x5c", {}), malformed, wire::clauses::fido_u2f_syntax);
  CHECK_REFUSED(u2f_judged_with("x5c", CborWriter().bytes("x"_b).out()), malformed, wire::clauses::fido_u2f_syntax);
  CHECK_REFUSED(u2f_judged_with("x5c", CborWriter().array(0).out()), malformed, wire::clauses::fido_u2f_syntax);
  CHECK_REFUSED(lied(u2f, Lie::u2f_two_certificates), malformed, wire::clauses::fido_u2f_syntax);
  CHECK_REFUSED(lied(u2f, Lie::u2f_other_member), malformed, wire::clauses::fido_u2f_syntax);
  CHECK_REFUSED(u2f_judged_with("x5c", CborWriter().array(1).bytes("x"_b).out()),
                errors::webauthn_attestation_certificate_malformed, wire::clauses::certificate_der);
}

TEST_CASE("fido-u2f: the signature is over the five parts") {
  const auto wrong = errors::webauthn_attestation_signature_invalid;
  CHECK_REFUSED(lied(u2f, Lie::bogus_signature), wrong, wire::clauses::fido_u2f_signature);
  CHECK_REFUSED(lied(u2f, Lie::u2f_rp_id_hash), wrong, wire::clauses::fido_u2f_signature);
  Behaviour behaviour = u2f;
  // What is not signed in this format but for the credential ID and the key: a change of them is a change of sig.
  behaviour.edit_signature = [](Bytes& signature) { signature.back() ^= 1; };
  CHECK_REFUSED(judged(behaviour), wrong, wire::clauses::fido_u2f_signature);
  Sample sample;
  Json json = sample.create(u2f);
  const Bytes statement =
      to_bytes(wire::Cbor::scan(conformance::part(json, "attestationObject"))->find("attStmt")->encoded());
  const Json other = sample.create(u2f);  // another credential of the same batch
  CHECK_REFUSED(sample.verify_created(conformance::with_statement(other, "fido-u2f", statement)), wrong,
                wire::clauses::fido_u2f_signature);
}

TEST_CASE("fido-u2f: the batch key is on P-256") {
  for (const std::int64_t algorithm : {-35, -36, -8, -257}) {
    INFO(algorithm);
    Sample sample;
    const conformance::Chain chain;
    const auto key = sandbox::authenticator::make_key(algorithm);
    const auto certificate = sandbox::test_pki::issue(chain.leaf_profile, key, chain.root);
    sample.authenticator.set_attestation(chain.leaf.key, {sandbox::test_pki::der(certificate)});
    CHECK_REFUSED(sample.enrol(u2f), errors::webauthn_attestation_algorithm_mismatch,
                  wire::clauses::fido_u2f_certificate);
  }
}

TEST_CASE("fido-u2f: the credential key is on P-256") {
  for (const std::int64_t algorithm : {-35, -8, -257}) {
    INFO(algorithm);
    CHECK_REFUSED(judged(attesting(AttestationChoice::fido_u2f, algorithm)), errors::webauthn_fido_u2f_credential_key,
                  wire::clauses::fido_u2f_credential);
  }
}

TEST_CASE("fido-u2f: no AAGUID unless the policy takes one") {
  CHECK_REFUSED(lied(u2f, Lie::u2f_aaguid), errors::webauthn_fido_u2f_aaguid, wire::clauses::fido_u2f_aaguid);
  Sample sample;
  sample.registration.policy.fido_u2f_aaguid_allowed = true;
  Behaviour behaviour = u2f;
  behaviour.lie = Lie::u2f_aaguid;
  CHECK_ACCEPTED(sample.enrol(behaviour));
}

TEST_CASE("fido-u2f: the vector of the W3C, whose AAGUID is not zero") {
  auto vector = w3c_registration("fido-u2f.ES256");
  if (!vector) return;
  const auto verified = verify_registration(vector->expected, vector->response);
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->record().attestation_type == "trusted");
  vector->expected.policy.fido_u2f_aaguid_allowed = false;
  CHECK_REFUSED(verify_registration(vector->expected, vector->response), errors::webauthn_fido_u2f_aaguid,
                wire::clauses::fido_u2f_aaguid);
}

}  // namespace tegata::webauthn::test
