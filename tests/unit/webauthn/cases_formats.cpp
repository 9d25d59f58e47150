// Server conformance cases 95 to 117: fido-u2f, tpm, android-key, android-safetynet. The words are ours.
#include "tests/unit/webauthn/attested_sample.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test::conformance {
namespace {

void check_lie(Behaviour behaviour, Lie lie, ErrorCode code, std::string_view clause) {
  behaviour.lie = lie;
  check_created(behaviour, code, clause);
}

// Accepted by both profiles, and trusted where the root is an anchor.
void check_trusted(const Behaviour& behaviour) {
  under(both_profiles, [&](Sample& sample) {
    sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
    sample.registration.anchors = {sample.authenticator.attestation_root()};
    const auto verified = sample.enrol(behaviour);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "trusted");
    sample.registration.anchors = {Chain().root_der()};
    CHECK_REFUSED(sample.enrol(behaviour), errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
  });
}

// The same statement with its certificates from last to first.
EditJson reversed(const char* format) {
  return [=](const Json& good) {
    const Bytes object = part(good, "attestationObject");
    const wire::Cbor statement = *wire::Cbor::scan(object)->find("attStmt");
    const wire::Cbor x5c = *statement.find("x5c");
    REQUIRE(x5c.size() > 1);
    CborWriter other;
    other.array(x5c.size());
    for (std::size_t i = x5c.size(); i > 0; --i) other.raw(x5c.at(i - 1).encoded());
    return with_statement(good, format, with_member(statement, "x5c", other.out()));
  };
}

Behaviour attesting_tpm(std::int64_t algorithm, std::int64_t signed_by, std::uint16_t named_by = 0x000b) {
  Behaviour behaviour = attesting(AttestationChoice::tpm, algorithm);
  behaviour.tpm_algorithm = signed_by;
  behaviour.tpm_name_algorithm = named_by;
  return behaviour;
}

const Behaviour attesting_u2f = attesting(AttestationChoice::fido_u2f, -7);
const Behaviour attesting_android = attesting(AttestationChoice::android_key, -7);

// Deprecated: the standard profile takes none of them, whatever they say.
void check_safetynet(Lie lie, const std::function<void(Sample&, const Behaviour&)>& conformance) {
  const auto behaviour = [&](const Sample& sample) {
    Behaviour out = attesting(AttestationChoice::android_safetynet, -7);
    out.now = sample.registration.now;
    out.lie = lie;
    return out;
  };
  under({"fido-conformance"}, [&](Sample& sample) { conformance(sample, behaviour(sample)); });
  under({"standard"}, [&](Sample& sample) {
    CHECK_REFUSED(sample.enrol(behaviour(sample)), errors::webauthn_attestation_format_unsupported,
                  wire::clauses::safetynet_allowed);
  });
}
void check_safetynet(Lie lie, ErrorCode code, std::string_view clause) {
  check_safetynet(
      lie, [&](Sample& sample, const Behaviour& behaviour) { CHECK_REFUSED(sample.enrol(behaviour), code, clause); });
}

}  // namespace

TEST_CASE("case 095: fido-u2f") { check_trusted(attesting_u2f); }

TEST_CASE("case 096: fido-u2f with an AAGUID: refused, but for the w3c profile, whose vector has one") {
  check_lie(attesting_u2f, Lie::u2f_aaguid, errors::webauthn_fido_u2f_aaguid, wire::clauses::fido_u2f_aaguid);
  under({"w3c"}, [](Sample& sample) {
    Behaviour behaviour = attesting_u2f;
    behaviour.lie = Lie::u2f_aaguid;
    CHECK_ACCEPTED(sample.enrol(behaviour));
  });
}

TEST_CASE("case 097: fido-u2f with a wrong signature") {
  check_lie(attesting_u2f, Lie::bogus_signature, errors::webauthn_attestation_signature_invalid,
            wire::clauses::fido_u2f_signature);
}

TEST_CASE("case 098: tpm with SHA-256") { check_trusted(attesting_tpm(-257, -257)); }
TEST_CASE("case 099: tpm with SHA-1") { check_trusted(attesting_tpm(-257, -65535)); }

TEST_CASE("case 100: tpm whose nameAlg is not the hash of alg") {
  for (const std::uint16_t name : std::initializer_list<std::uint16_t>{0x0004, 0x000c, 0x000d})
    check_trusted(attesting_tpm(-7, -7, name));
}

TEST_CASE("case 101: tpm with ES256") { check_trusted(attesting_tpm(-7, -7)); }

TEST_CASE("case 102: tpm with its certificates in the wrong order") {
  check_created(reversed("tpm"), errors::webauthn_attestation_signature_invalid, wire::clauses::tpm_signature,
                attesting_tpm(-7, -7));
}

TEST_CASE("case 103: tpm whose extraData is another hash") {
  check_lie(attesting_tpm(-7, -7), Lie::tpm_extra_data, errors::webauthn_attestation_challenge_mismatch,
            wire::clauses::tpm_extra_data);
}

TEST_CASE("case 104: tpm of another magic number") {
  check_lie(attesting_tpm(-7, -7), Lie::tpm_magic, errors::webauthn_tpm_certinfo_mismatch, wire::clauses::tpm_magic);
}

TEST_CASE("case 105: tpm whose public area is another key") {
  for (const std::int64_t algorithm : {-7, -257}) {
    check_lie(attesting_tpm(algorithm, algorithm), Lie::tpm_unique, errors::webauthn_attestation_key_mismatch,
              wire::clauses::tpm_credential_key);
  }
}

TEST_CASE("case 106: android-key") { check_trusted(attesting_android); }

TEST_CASE("case 107: android-key of another ceremony") {
  check_lie(attesting_android, Lie::android_challenge, errors::webauthn_attestation_challenge_mismatch,
            wire::clauses::android_key_challenge);
}

TEST_CASE("case 108: android-key whose certificate is of another key") {
  check_lie(attesting_android, Lie::android_key_differs, errors::webauthn_attestation_key_mismatch,
            wire::clauses::android_key_credential);
}

TEST_CASE("case 109: android-key with its certificates in the wrong order") {
  check_created(reversed("android-key"), errors::webauthn_attestation_signature_invalid,
                wire::clauses::android_key_signature, attesting_android);
}

TEST_CASE("case 110: android-safetynet: the conformance profile alone") {
  check_safetynet(Lie::nothing, [](Sample& sample, const Behaviour& behaviour) {
    CHECK_ACCEPTED(sample.enrol(behaviour));
    sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
    sample.registration.anchors = {sample.authenticator.attestation_root()};
    CHECK_ACCEPTED(sample.enrol(behaviour));
  });
}

TEST_CASE("case 111: android-safetynet whose ver is empty") {
  check_safetynet(Lie::safetynet_ver, errors::webauthn_attestation_statement_malformed,
                  wire::clauses::safetynet_syntax);
}

TEST_CASE("case 112: android-safetynet whose response is empty") {
  check_safetynet(Lie::safetynet_response_empty, errors::webauthn_attestation_statement_malformed,
                  wire::clauses::safetynet_response);
}

TEST_CASE("case 113: android-safetynet with another nonce") {
  check_safetynet(Lie::safetynet_nonce, errors::webauthn_safetynet_nonce_mismatch, wire::clauses::safetynet_nonce);
}

TEST_CASE("case 114: android-safetynet whose x5c is empty") {
  check_safetynet(Lie::safetynet_x5c_empty, errors::webauthn_attestation_statement_malformed,
                  wire::clauses::safetynet_response);
}

TEST_CASE("case 115: android-safetynet of a device that did not pass") {
  check_safetynet(Lie::safetynet_cts, errors::webauthn_safetynet_cts_profile, wire::clauses::safetynet_cts);
}

TEST_CASE("case 116: android-safetynet from the future") {
  check_safetynet(Lie::safetynet_future, errors::webauthn_safetynet_time, wire::clauses::safetynet_time);
}

TEST_CASE("case 117: android-safetynet older than a minute") {
  check_safetynet(Lie::safetynet_old, errors::webauthn_safetynet_time, wire::clauses::safetynet_time);
}

}  // namespace tegata::webauthn::test::conformance
