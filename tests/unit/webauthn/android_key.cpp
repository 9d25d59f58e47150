#include "rp/sandbox/authenticator/der.h"
#include "rp/webauthn/wire/algorithm.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::authenticator::CborWriter;
using sandbox::authenticator::der_integer;
using sandbox::authenticator::der_item;

const Behaviour android = attesting(AttestationChoice::android_key, -7);

const Bytes sign = sandbox::authenticator::der_item(
    {0xa1}, {sandbox::authenticator::der_item({0x31}, {sandbox::authenticator::der_integer(2)})});
const Bytes sign_and_verify = sandbox::authenticator::der_item(
    {0xa1}, {sandbox::authenticator::der_item(
                {0x31}, {sandbox::authenticator::der_integer(2), sandbox::authenticator::der_integer(3)})});
const Bytes generated = sandbox::authenticator::der_item({0xbf, 0x85, 0x3e}, {sandbox::authenticator::der_integer(0)});
const Bytes imported = sandbox::authenticator::der_item({0xbf, 0x85, 0x3e}, {sandbox::authenticator::der_integer(2)});
const Bytes all_applications =
    sandbox::authenticator::der_item({0xbf, 0x84, 0x58}, {sandbox::authenticator::der_item({0x05}, {})});
// What no edition has had yet, with a tag of two bytes and one of three.
const Bytes unknown = sandbox::authenticator::der_item({0xbf, 0x7f}, {"?"_b}),
            unknown_too = sandbox::authenticator::der_item({0xbf, 0x87, 0x68}, {"?"_b});

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// A key that its certificate describes with these two lists; `more` stands behind them.
Behaviour describing(const Bytes& software, const Bytes& hardware, const Bytes& more = {}) {
  Behaviour behaviour = android;
  behaviour.edit_key_description = [=](Bytes& description) {
    // Version, level, version, level, and the heads of those and of the challenge.
    const Bytes before(description.begin() + 2, description.begin() + 50);
    description =
        sandbox::authenticator::der_item({0x30}, {before, sandbox::authenticator::der_item({0x04}, {"id"_b}),
                                                  sandbox::authenticator::der_item({0x30}, {software}),
                                                  sandbox::authenticator::der_item({0x30}, {hardware}), more});
  };
  return behaviour;
}

Behaviour describing_by(std::function<void(Bytes&)> edit) {
  Behaviour behaviour = android;
  behaviour.edit_key_description = std::move(edit);
  return behaviour;
}

Result<VerifiedRegistration> enrolled_under(const Behaviour& behaviour, void (*change)(wire::Policy&)) {
  Sample sample;
  change(sample.registration.policy);
  return sample.enrol(behaviour);
}

void hardware_only(wire::Policy& policy) { policy.android_key_software_allowed = false; }
void silence_allowed(wire::Policy& policy) { policy.android_key_without_authorizations_allowed = true; }

Result<VerifiedRegistration> android_judged_with(std::string_view name, const std::optional<Bytes>& value) {
  return test::judged_with(android, "android-key", name, value);
}

}  // namespace

TEST_CASE("android-key: keys of every kind are trusted to the root") {
  for (const std::int64_t algorithm : {-7, -35, -36, -257, -8}) {
    INFO(algorithm);
    CHECK(trusted(attesting(AttestationChoice::android_key, algorithm)) == "trusted");
  }
  CHECK_ACCEPTED(enrolled_under(android, hardware_only));
}

TEST_CASE("android-key: exactly alg, sig and x5c") {
  const auto malformed = errors::webauthn_attestation_statement_malformed;
  CHECK_REFUSED(android_judged_with("alg", {}), malformed, wire::clauses::android_key_syntax);
  CHECK_REFUSED(android_judged_with("alg", CborWriter().text("-7").out()), malformed,
                wire::clauses::android_key_syntax);
  CHECK_REFUSED(android_judged_with("sig", {}), malformed, wire::clauses::android_key_syntax);
  CHECK_REFUSED(android_judged_with("sig", CborWriter().integer(1).out()), malformed,
                wire::clauses::android_key_syntax);
  CHECK_REFUSED(android_judged_with("x5c", {}), malformed, wire::clauses::android_key_syntax);
  CHECK_REFUSED(android_judged_with("x5c", CborWriter().array(0).out()), malformed, wire::clauses::android_key_syntax);
  CHECK_REFUSED(lied(android, Lie::android_other_member), malformed, wire::clauses::android_key_syntax);
  CHECK_REFUSED(android_judged_with("alg", CborWriter().integer(-35).out()),
                errors::webauthn_attestation_algorithm_mismatch, wire::clauses::android_key_signature);
}

TEST_CASE("android-key: the leaf's key signs, and is the credential's") {
  CHECK_REFUSED(lied(android, Lie::bogus_signature), errors::webauthn_attestation_signature_invalid,
                wire::clauses::android_key_signature);
  CHECK_REFUSED(lied(android, Lie::x5c_order), errors::webauthn_attestation_signature_invalid,
                wire::clauses::android_key_signature);
  CHECK_REFUSED(lied(android, Lie::android_key_differs), errors::webauthn_attestation_key_mismatch,
                wire::clauses::android_key_credential);
}

TEST_CASE("android-key: the description is there and names this very ceremony") {
  CHECK_REFUSED(lied(android, Lie::android_extension_missing), errors::webauthn_attestation_certificate_profile,
                wire::clauses::android_key_extension);
  CHECK_REFUSED(lied(android, Lie::android_challenge), errors::webauthn_attestation_challenge_mismatch,
                wire::clauses::android_key_challenge);
  CHECK_REFUSED(judged(describing_by([](Bytes& description) {
                  // One byte less of the challenge, and one more of what follows.
                  description.at(17) = 31, description.erase(description.begin() + 49), --description.at(1);
                })),
                errors::webauthn_attestation_challenge_mismatch, wire::clauses::android_key_challenge);
}

TEST_CASE("android-key: the key belongs to one application") {
  CHECK_REFUSED(lied(android, Lie::android_all_applications), errors::webauthn_android_key_all_applications,
                wire::clauses::android_key_all_applications);
  // In either list, whichever of them counts for the rest.
  const Behaviour software = describing(all_applications, sign + generated);
  CHECK_REFUSED(judged(software), errors::webauthn_android_key_all_applications,
                wire::clauses::android_key_all_applications);
  CHECK_REFUSED(enrolled_under(software, hardware_only), errors::webauthn_android_key_all_applications,
                wire::clauses::android_key_all_applications);
}

TEST_CASE("android-key: the key was made where it lives") {
  CHECK_REFUSED(lied(android, Lie::android_origin), errors::webauthn_android_key_origin,
                wire::clauses::android_key_origin);
  CHECK_REFUSED(judged(describing(imported, sign + generated)), errors::webauthn_android_key_origin,
                wire::clauses::android_key_origin);
  CHECK_ACCEPTED(enrolled_under(describing(imported, sign + generated), hardware_only));
}

TEST_CASE("android-key: the key signs and does nothing else") {
  CHECK_REFUSED(lied(android, Lie::android_purpose), errors::webauthn_android_key_purpose,
                wire::clauses::android_key_purpose);
  CHECK_REFUSED(judged(describing({}, sign_and_verify + generated)), errors::webauthn_android_key_purpose,
                wire::clauses::android_key_purpose);
  CHECK_REFUSED(judged(describing(sign_and_verify, sign + generated)), errors::webauthn_android_key_purpose,
                wire::clauses::android_key_purpose);
  CHECK_ACCEPTED(enrolled_under(describing(sign_and_verify, sign + generated), hardware_only));
}

TEST_CASE("android-key: what software says counts only where the policy lets it") {
  Behaviour behaviour = android;
  behaviour.lie = Lie::android_software_only;
  CHECK_ACCEPTED(judged(behaviour));
  CHECK_REFUSED(enrolled_under(behaviour, hardware_only), errors::webauthn_android_key_origin,
                wire::clauses::android_key_origin);
  CHECK_ACCEPTED(judged(describing(sign, generated)));
  CHECK_REFUSED(enrolled_under(describing(sign, generated), hardware_only), errors::webauthn_android_key_purpose,
                wire::clauses::android_key_purpose);
}

TEST_CASE("android-key: lists that say nothing are up to the policy, lists that say something wrong are not") {
  Behaviour behaviour = android;
  behaviour.lie = Lie::android_no_authorizations;
  CHECK_REFUSED(judged(behaviour), errors::webauthn_android_key_origin, wire::clauses::android_key_origin);
  CHECK_ACCEPTED(enrolled_under(behaviour, silence_allowed));
  CHECK_REFUSED(judged(describing({}, generated)), errors::webauthn_android_key_purpose,
                wire::clauses::android_key_purpose);
  CHECK_ACCEPTED(enrolled_under(describing({}, generated), silence_allowed));
  CHECK_REFUSED(enrolled_under(describing({}, imported), silence_allowed), errors::webauthn_android_key_origin,
                wire::clauses::android_key_origin);
  CHECK_REFUSED(enrolled_under(describing(sign_and_verify, {}), silence_allowed), errors::webauthn_android_key_purpose,
                wire::clauses::android_key_purpose);
}

TEST_CASE("android-key: members that say nothing here are skipped, whatever they hold") {
  CHECK_ACCEPTED(judged(describing(unknown + unknown_too, sign + unknown + generated + unknown_too)));
}

TEST_CASE("android-key: a description is DER of its shape and nothing more") {
  const auto profile = errors::webauthn_attestation_certificate_profile;
  const auto der = errors::webauthn_der_malformed;
  const auto good = sign + generated;
  CHECK_REFUSED(judged(describing({}, good, sandbox::authenticator::der_integer(1))), profile,
                wire::clauses::android_key_extension);
  CHECK_REFUSED(judged(describing({}, good + generated)), profile, wire::clauses::android_key_extension);
  CHECK_REFUSED(judged(describing(unknown + unknown, good)), profile, wire::clauses::android_key_extension);
  CHECK_REFUSED(judged(describing({}, good + sandbox::authenticator::der_integer(1))), profile,
                wire::clauses::android_key_extension);
  CHECK_REFUSED(judged(describing_by([](Bytes& description) { description.push_back(0); })), der, wire::clauses::der);
  CHECK_REFUSED(judged(describing_by([](Bytes& description) { description.pop_back(); })), der, wire::clauses::der);
  CHECK_REFUSED(judged(describing_by([](Bytes& description) { description.clear(); })), der, wire::clauses::der);
  CHECK_REFUSED(judged(describing_by([](Bytes& description) { description.at(0) = 0x31; })), der, wire::clauses::der);
  CHECK_REFUSED(judged(describing({}, good + Bytes{0xbf})), der, wire::clauses::der);
  const Bytes two_origins = sandbox::authenticator::der_item(
      {0xbf, 0x85, 0x3e}, {sandbox::authenticator::der_integer(0), sandbox::authenticator::der_integer(0)});
  CHECK_REFUSED(judged(describing({}, sign + two_origins)), der, wire::clauses::der);
  const Bytes empty_origin =
      sandbox::authenticator::der_item({0xbf, 0x85, 0x3e}, {sandbox::authenticator::der_item({0x02}, {})});
  CHECK_REFUSED(judged(describing({}, sign + empty_origin)), der, wire::clauses::der);
  const Bytes purpose_text = sandbox::authenticator::der_item(
      {0xa1}, {sandbox::authenticator::der_item({0x31}, {sandbox::authenticator::der_item({0x0c}, {"2"_b})})});
  CHECK_REFUSED(judged(describing({}, purpose_text + generated)), der, wire::clauses::der);
}

TEST_CASE("android-key: the vector of the W3C, whose lists are empty") {
  auto vector = w3c_registration("android-key.ES256");
  if (!vector) return;
  const auto verified = verify_registration(vector->expected, vector->response);
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->record().attestation_type == "trusted");
  vector->expected.policy.android_key_without_authorizations_allowed = false;
  CHECK_REFUSED(verify_registration(vector->expected, vector->response), errors::webauthn_android_key_origin,
                wire::clauses::android_key_origin);
}

TEST_CASE("android-key: real phones reach their anchor at their time, from the hardware's list alone") {
  for (auto& [entry, recorded] : real_registrations("android-key")) {
    INFO(entry["id"]);
    recorded.expected.policy.attestation = wire::AttestationAcceptance::trust;
    recorded.expected.policy.android_key_software_allowed = false;
    recorded.expected.policy.android_key_without_authorizations_allowed = false;
    recorded.expected.anchors = {recorded_anchor(entry)};
    const auto verified = verify_registration(recorded.expected, recorded.response);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "trusted");
    recorded.expected.policy.root_in_x5c_allowed = false;
    CHECK_REFUSED(verify_registration(recorded.expected, recorded.response), errors::webauthn_attestation_root_in_x5c,
                  wire::clauses::x5c_root);
  }
}

}  // namespace tegata::webauthn::test
