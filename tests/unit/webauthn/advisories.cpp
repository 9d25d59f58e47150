// Lessons from advisories about other relying parties, where no older test stands for them. Which test stands for which
// lesson: tests/regressions/advisories.json.
#include "tests/unit/webauthn/attested_sample.h"
#include "tests/unit/webauthn/cose_point.h"

namespace tegata::webauthn::test::conformance {
namespace {

// A COSE key of that type, algorithm and curve, whose numbers are taken from a good key of another.
Bytes key_of(std::int64_t type, std::int64_t algorithm, std::int64_t curve, const Bytes& x, const Bytes& y) {
  CborWriter key;
  key.map(y.empty() ? 4 : 5).integer(1).integer(type).integer(3).integer(algorithm).integer(-1).integer(curve);
  key.integer(-2).bytes(x);
  if (!y.empty()) key.integer(-3).bytes(y);
  return key.out();
}

}  // namespace

TEST_CASE("defect: a self-signed root inside x5c was taken for an anchor") {
  const Chain own;  // anybody can make one
  under({"standard", "fido-conformance", "strict", "w3c"}, [&](Sample& sample) {
    sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
    sample.registration.policy.root_in_x5c_allowed = true;
    sample.registration.anchors = {Chain().root_der()};
    sample.authenticator.set_attestation(own.leaf.key, {own.leaf_der(), own.between_der(), own.root_der()});
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_x5c)), errors::webauthn_attestation_untrusted,
                  wire::clauses::attestation_trust);
    sample.authenticator.set_attestation(own.root.key, {own.root_der()});
    CHECK_FALSE(sample.enrol(attesting(AttestationChoice::packed_x5c)));
  });
}

TEST_CASE("defect: a list of allowed models was passed by an AAGUID that nothing proved") {
  const auto judged = [](AttestationChoice attestation, wire::AttestationAcceptance acceptance, bool anchored) {
    Sample sample;
    sample.registration.policy.attestation = acceptance;
    sample.registration.policy.aaguids = {
        .others_allowed = false, .allowed = {sample.authenticator.aaguid()}, .denied = {}};
    if (anchored) sample.registration.anchors = {sample.authenticator.attestation_root()};
    return code_of(sample.enrol(attesting(attestation, -7)));
  };
  for (const auto acceptance : {wire::AttestationAcceptance::trust, wire::AttestationAcceptance::verify}) {
    for (const bool anchored : {false, true}) {
      CHECK(judged(AttestationChoice::none, acceptance, anchored) == "webauthn_attestation_untrusted");
      CHECK(judged(AttestationChoice::packed_self, acceptance, anchored) == "webauthn_attestation_untrusted");
    }
    CHECK(judged(AttestationChoice::packed_x5c, acceptance, false) == "webauthn_attestation_untrusted");
    CHECK(judged(AttestationChoice::packed_x5c, acceptance, true) == "accepted");
  }
  CHECK(judged(AttestationChoice::packed_x5c, wire::AttestationAcceptance::ignore, true) ==
        "webauthn_attestation_untrusted");
}

TEST_CASE("defect: what the options asked for was enforced by the browser alone") {
  Sample sample;
  CHECK_REFUSED(sample.verify_created(with(sample.create(), "/authenticatorAttachment", "cross-platform")),
                errors::webauthn_attachment_mismatch, wire::clauses::attachment);
  CHECK_REFUSED(
      sample.verify_created(with(sample.create(), "/clientExtensionResults", Json{{"credProps", {{"rk", false}}}})),
      errors::webauthn_not_discoverable, wire::clauses::resident_key);
  CHECK_REFUSED(sample.enrol(lying(Lie::no_uv)), errors::webauthn_user_not_verified,
                wire::registration_clauses.user_verified);
  sample.registration.algorithms = {-7};
  CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::none, -8)), errors::webauthn_algorithm_not_asked,
                wire::clauses::algorithm_asked);
}

TEST_CASE("defect: a member that was left out skipped its check") {
  for (const char* member : {"type", "challenge", "origin"}) {
    INFO(member);
    check_created(silent_about(member), errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
    check_signed(silent_about(member), errors::webauthn_client_data_malformed,
                 wire::authentication_clauses.client_data);
  }
  check_signed(dropping("/response/userHandle"), errors::webauthn_user_handle_missing, wire::clauses::user_handle);
  check_signed(dropping("/response/signature"), errors::json_member_missing, wire::clauses::authentication_json);
}

TEST_CASE("defect: an expectation that was left empty skipped its check") {
  Sample sample;
  sample.bind();
  const Json signed_in = sample.get(), created = sample.create();
  const auto registration = sample.registration;
  sample.registration.origins.clear();
  CHECK_REFUSED(sample.verify_created(created), errors::webauthn_origin_mismatch, wire::registration_clauses.origin);
  sample.registration = registration;
  sample.registration.rp_id.clear();
  CHECK_REFUSED(sample.verify_created(created), errors::webauthn_rp_id_mismatch, wire::registration_clauses.rp_id_hash);
  const auto authentication = sample.authentication;
  sample.authentication.origins.clear();
  CHECK_REFUSED(sample.verify_got(signed_in), errors::webauthn_origin_mismatch, wire::authentication_clauses.origin);
  sample.authentication = authentication;
  sample.authentication.rp_id.clear();
  CHECK_REFUSED(sample.verify_got(signed_in), errors::webauthn_rp_id_mismatch, wire::authentication_clauses.rp_id_hash);
}

TEST_CASE("defect: a curve was not bound to its algorithm") {
  const CosePoint p256(-7), p384(-35), p521(-36), ed25519(-8);
  const auto is_refused = [](const Bytes& key) { return code_of(PublicKey::parse(key)) != "accepted"; };
  CHECK_REFUSED(PublicKey::parse(key_of(2, -7, 2, p384.x, p384.y)), errors::webauthn_cose_key_invalid,
                wire::clauses::cose_algorithm);
  CHECK_REFUSED(PublicKey::parse(key_of(2, -35, 1, p256.x, p256.y)), errors::webauthn_cose_key_invalid,
                wire::clauses::cose_algorithm);
  CHECK_REFUSED(PublicKey::parse(key_of(2, -36, 2, p384.x, p384.y)), errors::webauthn_cose_key_invalid,
                wire::clauses::cose_algorithm);
  CHECK(is_refused(key_of(2, -7, 3, p521.x, p521.y)));
  CHECK(is_refused(key_of(2, -7, 8, p256.x, p256.y)));
  CHECK(is_refused(key_of(2, -36, 3, p384.x, p384.y)));
}

TEST_CASE("defect: the algorithm of an OKP key was not looked at") {
  const CosePoint p256(-7), ed25519(-8);
  CHECK(code_of(PublicKey::parse(key_of(1, -8, 6, ed25519.x, {}))) == "accepted");
  CHECK_REFUSED(PublicKey::parse(key_of(1, -7, 6, ed25519.x, {})), errors::webauthn_cose_key_invalid,
                wire::clauses::cose_algorithm);
  CHECK_REFUSED(PublicKey::parse(key_of(2, -8, 1, p256.x, p256.y)), errors::webauthn_cose_key_invalid,
                wire::clauses::cose_algorithm);
  CHECK_REFUSED(PublicKey::parse(key_of(1, -9, 6, ed25519.x, {})), errors::webauthn_algorithm_unsupported,
                wire::clauses::cose_algorithm);
}

TEST_CASE("defect: what stood behind a credential key, an object or authenticator data was not looked at") {
  check_created(
      [](const Json& good) {
        Bytes longer = part(good, "attestationObject");
        longer.push_back(0xf6);
        return with_object(good, longer);
      },
      errors::webauthn_cbor_trailing, wire::clauses::cbor);
  check_created(editing([](Bytes& data) { data.push_back(0xa0); }), errors::webauthn_authenticator_data_leftover,
                wire::clauses::authenticator_data);
  const CosePoint p256(-7);
  CborWriter more;
  more.map(6).integer(1).integer(2).integer(3).integer(-7).integer(-1).integer(1).integer(-2).bytes(p256.x);
  more.integer(-3).bytes(p256.y).integer(-4).bytes("private"_b);
  CHECK_REFUSED(PublicKey::parse(more.out()), errors::webauthn_cose_key_malformed, wire::clauses::cose_key);
}

TEST_CASE("defect: a name by a hash that is not known was let through") {
  for (const std::uint16_t name : std::initializer_list<std::uint16_t>{0x0000, 0x0010, 0x0012, 0xffff}) {
    Behaviour behaviour = attesting(AttestationChoice::tpm, -7);
    behaviour.tpm_name_algorithm = name;
    check_created(behaviour, errors::webauthn_tpm_structure_malformed, wire::clauses::tpm_structures);
  }
}

}  // namespace tegata::webauthn::test::conformance
