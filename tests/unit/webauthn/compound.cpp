#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::authenticator::CborWriter;

Behaviour compound(std::vector<AttestationChoice> choices) {
  Behaviour behaviour = attesting(AttestationChoice::compound, -7);
  behaviour.compound = std::move(choices);
  return behaviour;
}
const std::vector<AttestationChoice> usual = Behaviour().compound;

std::string type_of(const Behaviour& behaviour) {
  const auto verified = judged(behaviour);
  return verified ? verified->record().attestation_type : code_of(verified);
}

// A good ceremony with another array: `parts` are encoded already.
Result<VerifiedRegistration> judged_parts(const std::vector<Bytes>& parts) {
  Sample sample;
  CborWriter statement;
  statement.array(parts.size());
  for (const Bytes& part : parts) statement.raw(part);
  return sample.verify_created(
      conformance::with_statement(sample.create(attesting(AttestationChoice::none, -7)), "compound", statement.out()));
}

Bytes encoded_part(const Bytes& format, const Bytes& statement) {
  return CborWriter().map(2).text("fmt").raw(format).text("attStmt").raw(statement).out();
}
Bytes none_part() { return encoded_part(CborWriter().text("none").out(), CborWriter().map(0).out()); }

}  // namespace

TEST_CASE("compound: every path must end at an anchor") {
  CHECK(trusted(compound(usual)) == "trusted");
  CHECK(trusted(compound({AttestationChoice::tpm, AttestationChoice::packed_x5c})) == "trusted");
  CHECK(trusted(compound({AttestationChoice::apple, AttestationChoice::tpm, AttestationChoice::none})) == "trusted");
  for (const auto& choices : {std::vector{AttestationChoice::tpm, AttestationChoice::packed_x5c},
                              std::vector{AttestationChoice::packed_x5c, AttestationChoice::tpm}}) {
    Sample sample;
    Sample stranger;
    sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
    sample.registration.anchors = {sample.authenticator.attestation_root()};
    sandbox::test_pki::Profile batch;
    batch.subject = {{"C", "JP"}, {"O", "Sample"}, {"OU", "Authenticator Attestation"}, {"CN", "Sample Batch"}};
    batch.not_before = from_unix_seconds(1'700'000'000);
    batch.not_after = from_unix_seconds(1'900'000'000);
    batch.extensions = {{"basicConstraints", "critical,CA:FALSE"}};
    const auto key = sandbox::test_pki::p256_key();
    const auto other = sandbox::test_pki::issue_self_signed(batch, key);
    sample.authenticator.set_attestation(key, {sandbox::test_pki::der(other.certificate)});
    CHECK_REFUSED(sample.enrol(compound(choices)), errors::webauthn_attestation_untrusted,
                  wire::clauses::attestation_trust);
    sample.registration.anchors.push_back(sandbox::test_pki::der(other.certificate));
    CHECK_ACCEPTED(sample.enrol(compound(choices)));
  }
}

TEST_CASE("compound: the type is the strongest of its statements") {
  CHECK(type_of(compound({AttestationChoice::none, AttestationChoice::packed_x5c})) == "unverified");
  CHECK(type_of(compound({AttestationChoice::none, AttestationChoice::packed_self})) == "self");
  CHECK(type_of(compound({AttestationChoice::packed_self, AttestationChoice::none})) == "self");
  CHECK(type_of(compound({AttestationChoice::none, AttestationChoice::none})) == "none");
  CHECK(trusted(compound({AttestationChoice::packed_self, AttestationChoice::packed_self})) ==
        "webauthn_attestation_untrusted");
}

TEST_CASE("compound: every lie is refused by its name") {
  CHECK_REFUSED(lied(compound(usual), Lie::compound_one), errors::webauthn_attestation_statement_malformed,
                wire::clauses::compound_syntax);
  CHECK_REFUSED(lied(compound(usual), Lie::compound_nested), errors::webauthn_attestation_statement_malformed,
                wire::clauses::compound_nested);
  CHECK_REFUSED(lied(compound(usual), Lie::compound_unknown), errors::webauthn_attestation_format_unsupported,
                wire::clauses::attestation_format);
}

TEST_CASE("compound: one wrong statement spoils it, wherever it stands") {
  const auto tpm_last = compound({AttestationChoice::packed_x5c, AttestationChoice::tpm});
  const auto tpm_first = compound({AttestationChoice::tpm, AttestationChoice::packed_x5c});
  for (const Behaviour& behaviour : {tpm_first, tpm_last}) {
    CHECK_REFUSED(lied(behaviour, Lie::tpm_name), errors::webauthn_tpm_certinfo_mismatch, wire::clauses::tpm_name);
  }
  CHECK_REFUSED(lied(compound({AttestationChoice::packed_self, AttestationChoice::apple}), Lie::apple_nonce),
                errors::webauthn_attestation_challenge_mismatch, wire::clauses::apple_nonce);
  CHECK_REFUSED(lied(compound(usual), Lie::bogus_signature), errors::webauthn_attestation_signature_invalid,
                wire::clauses::packed_signature);
}

TEST_CASE("compound: two to eight statements") {
  const auto malformed = errors::webauthn_attestation_statement_malformed;
  CHECK_REFUSED(judged_parts({}), malformed, wire::clauses::compound_syntax);
  CHECK_REFUSED(judged_parts({none_part()}), malformed, wire::clauses::compound_syntax);
  CHECK_ACCEPTED(judged_parts({none_part(), none_part()}));
  CHECK_ACCEPTED(judged_parts(std::vector<Bytes>(8, none_part())));
  CHECK_REFUSED(judged_parts(std::vector<Bytes>(9, none_part())), malformed, wire::clauses::compound_syntax);
}

TEST_CASE("compound: statements of the wrong shape") {
  const auto check = [](const Bytes& wrong) {
    const auto malformed = errors::webauthn_attestation_statement_malformed;
    CHECK_REFUSED(judged_parts({none_part(), wrong}), malformed, wire::clauses::compound_syntax);
    CHECK_REFUSED(judged_parts({wrong, none_part()}), malformed, wire::clauses::compound_syntax);
  };
  const Bytes text = CborWriter().text("none").out(), map = CborWriter().map(0).out(),
              array = CborWriter().array(0).out();
  check(text);
  check(array);
  check(map);
  check(CborWriter().map(1).text("fmt").raw(text).out());
  check(CborWriter().map(2).text("fmt").raw(text).text("x").raw(map).out());
  check(CborWriter().map(2).text("x").raw(text).text("attStmt").raw(map).out());
  check(CborWriter().map(3).text("fmt").raw(text).text("attStmt").raw(map).text("authData").bytes({}).out());
  check(encoded_part(CborWriter().bytes("none"_b).out(), map));
  check(encoded_part(text, array));
  check(encoded_part(text, text));
}

TEST_CASE("compound: an array for compound alone, a map for every other format") {
  Sample sample;
  const auto malformed = errors::webauthn_attestation_object_malformed;
  const auto with = [&](const char* format, const Bytes& statement) {
    return sample.verify_created(conformance::with_statement(sample.create(), format, statement));
  };
  CHECK_REFUSED(with("compound", CborWriter().map(0).out()), malformed, wire::clauses::attestation_object);
  CHECK_REFUSED(with("none", CborWriter().array(0).out()), malformed, wire::clauses::attestation_object);
  CHECK_REFUSED(with("packed", CborWriter().array(2).raw(none_part()).raw(none_part()).out()), malformed,
                wire::clauses::attestation_object);
}

TEST_CASE("compound: certificates fit, one level more does not") {
  const auto nested = [](const Bytes& innermost) {
    const Bytes x5c = CborWriter().array(1).raw(innermost).out();
    return judged_parts(
        {none_part(), encoded_part(CborWriter().text("apple").out(), CborWriter().map(1).text("x5c").raw(x5c).out())});
  };
  CHECK(code_of(nested(CborWriter().bytes("x"_b).out())) == "webauthn_attestation_certificate_malformed");
  CHECK_REFUSED(nested(CborWriter().array(0).out()), errors::webauthn_cbor_too_deep, wire::clauses::cbor);
}

}  // namespace tegata::webauthn::test
