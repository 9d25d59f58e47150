#include "tests/support/still_world.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::authenticator::CborWriter;

constexpr const char* nonce_oid = "1.2.840.113635.100.8.2";

Behaviour apple(std::int64_t algorithm = -7) { return attesting(AttestationChoice::apple, algorithm); }

Result<VerifiedRegistration> apple_judged_with(std::string_view name, const std::optional<Bytes>& value) {
  return test::judged_with(apple(), "apple", name, value);
}

// What stands around the nonce in the extension, and how often the extension is there.
Result<VerifiedRegistration> judged_extension(const std::string& before, const std::string& after, int times = 1) {
  Sample sample;
  const Json json = sample.create(apple());
  Bytes signed_bytes = conformance::part(json, "authenticatorData");
  const Digest hash = sha256(conformance::part(json, "clientDataJSON"));
  signed_bytes.insert(signed_bytes.end(), hash.begin(), hash.end());
  const Bytes der = from_hex(before + hex(sha256(signed_bytes)) + after);
  sandbox::test_pki::Profile profile;
  profile.subject = {{"CN", "Sample Credential"}};
  profile.not_before = from_unix_seconds(1'700'000'000);
  profile.not_after = from_unix_seconds(1'900'000'000);
  for (int i = 0; i < times; ++i) profile.raw_extensions.push_back({.oid = nonce_oid, .critical = false, .der = der});
  const auto made = sandbox::test_pki::issue_self_signed(profile, sample.authenticator.credentials().back().key);
  const Bytes x5c = CborWriter().array(1).bytes(sandbox::test_pki::der(made.certificate)).out();
  return sample.verify_created(
      conformance::with_statement(json, "apple", CborWriter().map(1).text("x5c").raw(x5c).out()));
}

}  // namespace

TEST_CASE("apple: credential keys of every kind are trusted to the root") {
  const std::int64_t algorithm = GENERATE(-7, -35, -36, -8, -257);
  INFO(algorithm);
  CHECK(trusted(apple(algorithm)) == "trusted");
}

TEST_CASE("apple: without an anchor it is verified, not trusted") {
  Sample sample;
  const auto verified = sample.enrol(apple());
  REQUIRE(verified);
  CHECK(verified->record().attestation_type == "unverified");
  CHECK(verified->record().attestation_format == "apple");
  sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
  CHECK_REFUSED(sample.enrol(apple()), errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
}

TEST_CASE("apple: every lie is refused by its name") {
  CHECK_REFUSED(lied(apple(), Lie::apple_nonce), errors::webauthn_attestation_challenge_mismatch,
                wire::clauses::apple_nonce);
  CHECK_REFUSED(lied(apple(), Lie::apple_key), errors::webauthn_attestation_key_mismatch,
                wire::clauses::apple_credential_key);
  CHECK_REFUSED(lied(apple(), Lie::apple_extension_missing), errors::webauthn_attestation_certificate_profile,
                wire::clauses::apple_nonce);
  CHECK_REFUSED(lied(apple(), Lie::apple_other_member), errors::webauthn_attestation_statement_malformed,
                wire::clauses::apple_syntax);
  CHECK_REFUSED(lied(apple(), Lie::x5c_order), errors::webauthn_attestation_certificate_profile,
                wire::clauses::apple_nonce);
}

TEST_CASE("apple: the nonce extension is read strictly") {
  CHECK_ACCEPTED(judged_extension("3024a1220420", ""));
  const std::vector<std::pair<const char*, const char*>> wrong = {
      {"", ""},                  // the nonce alone
      {"0420", ""},              // without the sequence
      {"30220420", ""},          // without the tag
      {"3024a0220420", ""},      // another tag
      {"3024a1220c20", ""},      // a text
      {"308124a1220420", ""},    // a length in two bytes
      {"3024a1220420", "00"},    // something behind the sequence
      {"3026a1220420", "0500"},  // something behind the nonce
      {"3080a1220420", "0000"},  // an indefinite length
  };
  for (const auto& [before, after] : wrong) {
    INFO(before << " " << after);
    CHECK_REFUSED(judged_extension(before, after), errors::webauthn_attestation_challenge_mismatch,
                  wire::clauses::apple_nonce);
  }
  CHECK_REFUSED(judged_extension("3024a1220420", "", 2), errors::webauthn_attestation_certificate_profile,
                wire::clauses::certificate_extension_once);
}

TEST_CASE("apple: statements of the wrong shape") {
  const auto malformed = errors::webauthn_attestation_statement_malformed;
  CHECK_REFUSED_AS(apple_judged_with("x5c", std::nullopt), malformed, wire::clauses::apple_syntax, "x5c");
  CHECK_REFUSED(apple_judged_with("x5c", CborWriter().map(0).out()), malformed, wire::clauses::apple_syntax);
  CHECK_REFUSED(apple_judged_with("x5c", CborWriter().array(0).out()), malformed, wire::clauses::apple_syntax);
  CHECK_REFUSED(apple_judged_with("x5c", CborWriter().array(1).integer(1).out()), malformed,
                wire::clauses::apple_syntax);
  CHECK_REFUSED(apple_judged_with("x5c", CborWriter().array(1).bytes("x"_b).out()),
                errors::webauthn_attestation_certificate_malformed, wire::clauses::certificate_der);
}

TEST_CASE("defect: a statement of iOS 14, with alg beside x5c, was refused") {
  const auto with_algorithm = [](const Bytes& value) { return apple_judged_with("alg", value); };
  CHECK_ACCEPTED(with_algorithm(CborWriter().integer(-7).out()));
  CHECK_REFUSED(with_algorithm(CborWriter().integer(-257).out()), errors::webauthn_attestation_algorithm_mismatch,
                wire::clauses::apple_algorithm);
  CHECK_REFUSED(with_algorithm(CborWriter().text("ES256").out()), errors::webauthn_attestation_statement_malformed,
                wire::clauses::apple_syntax);
  CHECK_REFUSED(apple_judged_with("sig", CborWriter().bytes("x"_b).out()),
                errors::webauthn_attestation_statement_malformed, wire::clauses::apple_syntax);
}

TEST_CASE("apple: the statement of another ceremony") {
  Sample sample;
  const Json json = sample.create(apple()), other = sample.create(apple());
  const Bytes object = conformance::part(other, "attestationObject");
  const auto statement = wire::Cbor::scan(object)->find("attStmt")->encoded();
  CHECK_REFUSED(sample.verify_created(conformance::with_statement(json, "apple", to_bytes(statement))),
                errors::webauthn_attestation_challenge_mismatch, wire::clauses::apple_nonce);
}

TEST_CASE("apple: the W3C's vector") {
  auto recorded = w3c_registration("apple.ES256");
  if (!recorded) return;
  recorded->expected.policy.attestation = wire::AttestationAcceptance::trust;
  const auto verified = verify_registration(recorded->expected, recorded->response);
  CHECK_ACCEPTED(verified);
  CHECK(verified->record().attestation_type == "trusted");
}

TEST_CASE("apple: recorded statements verify at their time, to Apple's root") {
  int seen = 0;
  for (auto& [json, recorded] : real_registrations("apple")) {
    INFO(json["id"]);
    recorded.expected.anchors = {recorded_anchor(json)};
    recorded.expected.policy.attestation = wire::AttestationAcceptance::trust;
    CHECK_ACCEPTED(verify_registration(recorded.expected, recorded.response));
    recorded.expected.now = tegata::test::still_moment;
    CHECK(code_of(verify_registration(recorded.expected, recorded.response)) == "webauthn_attestation_untrusted");
    ++seen;
  }
  if (vectors::read_json("w3c-webauthn-l3.json").contains("vectors")) CHECK(seen > 0);
}

}  // namespace tegata::webauthn::test
