#include "rp/webauthn/attestation/tpm_certificate.h"
#include "rp/webauthn/attestation/tpm_structures.h"
#include "rp/webauthn/wire/algorithm.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::authenticator::CborWriter;

Behaviour tpm(std::int64_t algorithm = -7) { return attesting(AttestationChoice::tpm, algorithm); }

Behaviour signed_by(std::int64_t algorithm) {
  Behaviour behaviour = tpm();
  behaviour.tpm_algorithm = algorithm;
  return behaviour;
}

Behaviour named_by(std::uint16_t algorithm) {
  Behaviour behaviour = tpm();
  behaviour.tpm_name_algorithm = algorithm;
  return behaviour;
}

Result<VerifiedRegistration> tpm_judged_with(std::string_view name, const std::optional<Bytes>& value) {
  return test::judged_with(tpm(), "tpm", name, value);
}

// A statement as the software authenticator makes it: certInfo or pubArea.
Bytes structure(const char* name, std::int64_t algorithm = -7) {
  Sample sample;
  sample.registration.algorithms = {algorithm};
  const Bytes object = conformance::part(sample.create(tpm(algorithm)), "attestationObject");
  return to_bytes(*wire::Cbor::scan(object)->find("attStmt")->find(name)->byte_string());
}

// type, nameAlg, objectAttributes, authPolicy, symmetric; then what differs.
Bytes rsa_area(const char* scheme_and_rest) {
  return from_hex(std::string("0001000b00040472"
                              "0002abcd"
                              "0010") +
                  scheme_and_rest);
}
Bytes ecc_area(const char* scheme_and_rest) {
  return from_hex(std::string("0023000b00040472"
                              "0000"
                              "0010") +
                  scheme_and_rest);
}

}  // namespace

TEST_CASE("tpm: keys of every kind that a TPM holds are trusted to the root") {
  const std::int64_t algorithm = GENERATE(-7, -35, -36, -257, -258, -259, -37);
  INFO(algorithm);
  CHECK(trusted(tpm(algorithm)) == "trusted");
}

TEST_CASE("tpm: the AIK signs with an algorithm of its own, SHA-1 included") {
  const std::int64_t algorithm = GENERATE(-65535, -257, -38, -35);
  INFO(algorithm);
  CHECK(trusted(signed_by(algorithm)) == "trusted");
}

TEST_CASE("tpm: keys are named by every hash of a TPM, whatever alg employs") {
  for (const std::uint16_t algorithm : {attestation::tpm::alg_sha1, attestation::tpm::alg_sha256,
                                        attestation::tpm::alg_sha384, attestation::tpm::alg_sha512}) {
    INFO(algorithm);
    CHECK(trusted(named_by(algorithm)) == "trusted");
  }
  CHECK_REFUSED(judged(named_by(0x0012)), errors::webauthn_tpm_structure_malformed, wire::clauses::tpm_structures);
}

TEST_CASE("tpm: without an anchor it is verified, not trusted") {
  Sample sample;
  const auto verified = sample.enrol(tpm());
  REQUIRE(verified);
  CHECK(verified->record().attestation_type == "unverified");
  CHECK(verified->record().attestation_format == "tpm");
  sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
  CHECK_REFUSED(sample.enrol(tpm()), errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
}

TEST_CASE("tpm: every lie is refused by its name") {
  struct Row {
    Lie lie;
    ErrorCode code;
    std::string_view clause;
  };
  const auto profile = errors::webauthn_attestation_certificate_profile;
  const auto alternative_name = wire::clauses::tpm_certificate_alternative_name;
  const std::vector<Row> rows = {
      {Lie::tpm_version, errors::webauthn_attestation_statement_malformed, wire::clauses::tpm_version},
      {Lie::tpm_other_member, errors::webauthn_attestation_statement_malformed, wire::clauses::tpm_syntax},
      {Lie::tpm_magic, errors::webauthn_tpm_certinfo_mismatch, wire::clauses::tpm_magic},
      {Lie::tpm_attest_type, errors::webauthn_tpm_certinfo_mismatch, wire::clauses::tpm_attest_type},
      {Lie::tpm_extra_data, errors::webauthn_attestation_challenge_mismatch, wire::clauses::tpm_extra_data},
      {Lie::tpm_name, errors::webauthn_tpm_certinfo_mismatch, wire::clauses::tpm_name},
      {Lie::tpm_cert_info_leftover, errors::webauthn_tpm_structure_malformed, wire::clauses::tpm_structures},
      {Lie::tpm_pub_area_leftover, errors::webauthn_tpm_structure_malformed, wire::clauses::tpm_structures},
      {Lie::tpm_unique, errors::webauthn_attestation_key_mismatch, wire::clauses::tpm_credential_key},
      {Lie::tpm_curve, errors::webauthn_attestation_key_mismatch, wire::clauses::tpm_credential_key},
      {Lie::bogus_signature, errors::webauthn_attestation_signature_invalid, wire::clauses::tpm_signature},
      {Lie::tpm_certificate_key, errors::webauthn_attestation_signature_invalid, wire::clauses::tpm_signature},
      {Lie::x5c_order, errors::webauthn_attestation_signature_invalid, wire::clauses::tpm_signature},
      {Lie::tpm_certificate_version, profile, wire::clauses::tpm_certificate_version},
      {Lie::tpm_certificate_subject, profile, wire::clauses::tpm_certificate_subject},
      {Lie::tpm_certificate_san_missing, profile, alternative_name},
      {Lie::tpm_certificate_san_not_critical, profile, alternative_name},
      {Lie::tpm_certificate_san_manufacturer, profile, alternative_name},
      {Lie::tpm_certificate_san_model, profile, alternative_name},
      {Lie::tpm_certificate_san_version, profile, alternative_name},
      {Lie::tpm_manufacturer, errors::webauthn_tpm_manufacturer_unknown, wire::clauses::tpm_certificate_manufacturer},
      {Lie::tpm_certificate_eku, profile, wire::clauses::tpm_certificate_usage},
      {Lie::tpm_certificate_ca, profile, wire::clauses::tpm_certificate_no_ca},
      {Lie::tpm_certificate_aaguid, errors::webauthn_attestation_aaguid_mismatch, wire::clauses::packed_aaguid},
  };
  for (const Row& row : rows) {
    INFO(static_cast<int>(row.lie));
    CHECK_REFUSED(lied(tpm(), row.lie), row.code, row.clause);
  }
}

TEST_CASE("tpm: an RSA public area differs from the credential key") {
  for (const Lie lie : {Lie::tpm_unique, Lie::tpm_exponent, Lie::tpm_key_bits}) {
    CHECK_REFUSED(lied(tpm(-257), lie), errors::webauthn_attestation_key_mismatch, wire::clauses::tpm_credential_key);
  }
}

TEST_CASE("tpm: the public area is of another kind than the credential key") {
  const auto other = [](std::int64_t algorithm, std::int64_t other_algorithm) {
    const Bytes area = CborWriter().bytes(structure("pubArea", other_algorithm)).out();
    return test::judged_with(tpm(algorithm), "tpm", "pubArea", area);
  };
  CHECK_REFUSED(other(-7, -257), errors::webauthn_attestation_key_mismatch, wire::clauses::tpm_credential_key);
  CHECK_REFUSED(other(-257, -7), errors::webauthn_attestation_key_mismatch, wire::clauses::tpm_credential_key);
  Behaviour edwards = tpm(-8);
  edwards.tpm_algorithm = -7;
  CHECK_REFUSED(judged(edwards), errors::webauthn_attestation_key_mismatch, wire::clauses::tpm_credential_key);
}

TEST_CASE("tpm: the manufacturer is judged where the policy asks") {
  Behaviour unknown = tpm();
  unknown.lie = Lie::tpm_manufacturer;
  for (const char* name : {"standard", "strict"}) {
    Sample sample;
    sample.registration.policy = wire::find_policy(name).value();
    CHECK_REFUSED(sample.enrol(unknown), errors::webauthn_tpm_manufacturer_unknown,
                  wire::clauses::tpm_certificate_manufacturer);
  }
  for (const char* name : {"w3c", "fido-conformance"}) {
    Sample sample;
    sample.registration.policy = wire::find_policy(name).value();
    CHECK_ACCEPTED(sample.enrol(unknown));
  }
}

TEST_CASE("tpm: the registry of manufacturers") {
  for (const char* known : {"id:414D4400", "id:494E5443", "id:53544D20", "id:49424d00", "id:5345414C"}) {
    CHECK(attestation::is_tpm_manufacturer(known));
  }
  for (const char* other : {"id:00000000", "id:FFFFF1D0", "id:494E544", "id:494E54433", "ID:494E5443", "494E5443",
                            "id:494E544G", "id: 94E5443", "id:-94E5443", "id:0x4E5443", ""}) {
    INFO(other);
    CHECK_FALSE(attestation::is_tpm_manufacturer(other));
  }
}

TEST_CASE("tpm: statements of the wrong shape") {
  const auto malformed = errors::webauthn_attestation_statement_malformed;
  const auto number = CborWriter().integer(2).out(), text = CborWriter().text("2.0").out(),
             none = CborWriter().array(0).out();
  CHECK_REFUSED(tpm_judged_with("ver", std::nullopt), malformed, wire::clauses::tpm_version);
  CHECK_REFUSED(tpm_judged_with("ver", number), malformed, wire::clauses::tpm_version);
  CHECK_REFUSED(tpm_judged_with("ver", CborWriter().text("2.00").out()), malformed, wire::clauses::tpm_version);
  for (const char* name : {"alg", "x5c", "sig", "certInfo", "pubArea"}) {
    INFO(name);
    CHECK_REFUSED(tpm_judged_with(name, std::nullopt), malformed, wire::clauses::tpm_syntax);
    CHECK_REFUSED(tpm_judged_with(name, text), malformed, wire::clauses::tpm_syntax);
  }
  CHECK_REFUSED(tpm_judged_with("x5c", none), malformed, wire::clauses::tpm_syntax);
  CHECK_REFUSED(tpm_judged_with("x5c", CborWriter().array(1).text("x").out()), malformed, wire::clauses::tpm_syntax);
  CHECK_REFUSED(tpm_judged_with("x5c", CborWriter().array(1).bytes("x"_b).out()),
                errors::webauthn_attestation_certificate_malformed, wire::clauses::certificate_der);
  CHECK_REFUSED(tpm_judged_with("sig", CborWriter().bytes({}).out()), errors::webauthn_attestation_signature_invalid,
                wire::clauses::tpm_signature);
  const Bytes empty = CborWriter().bytes({}).out();
  CHECK_REFUSED(tpm_judged_with("certInfo", empty), errors::webauthn_tpm_structure_malformed,
                wire::clauses::tpm_structures);
  CHECK_REFUSED(tpm_judged_with("pubArea", empty), errors::webauthn_tpm_structure_malformed,
                wire::clauses::tpm_structures);
}

TEST_CASE("tpm: alg is known, employs a hash and suits the AIK") {
  const auto unsupported = errors::webauthn_algorithm_unsupported;
  CHECK_REFUSED(tpm_judged_with("alg", CborWriter().integer(-999).out()), unsupported, wire::clauses::tpm_algorithm);
  CHECK_REFUSED(judged(signed_by(-8)), unsupported, wire::clauses::tpm_algorithm);
  CHECK_REFUSED(tpm_judged_with("alg", CborWriter().integer(-257).out()),
                errors::webauthn_attestation_algorithm_mismatch, wire::clauses::tpm_signature);
}

TEST_CASE("tpm: certInfo of another ceremony, and of another key") {
  const Bytes info = CborWriter().bytes(structure("certInfo")).out(),
              area = CborWriter().bytes(structure("pubArea")).out();
  CHECK_REFUSED(tpm_judged_with("certInfo", info), errors::webauthn_attestation_challenge_mismatch,
                wire::clauses::tpm_extra_data);
  CHECK_REFUSED(tpm_judged_with("pubArea", area), errors::webauthn_attestation_key_mismatch,
                wire::clauses::tpm_credential_key);
}

TEST_CASE("tpm: structures cut short are refused at every length") {
  const Bytes info = structure("certInfo");
  const auto attest = attestation::parse_tpms_attest(info);
  REQUIRE(attest);
  CHECK(attest->magic == 0xff544347);
  const std::size_t head = info.size() - attest->attested.size();
  for (std::size_t size = 0; size < head; ++size) {
    CHECK(code_of(attestation::parse_tpms_attest(ByteView(info).first(size))) == "webauthn_tpm_structure_malformed");
  }
  for (std::size_t size = 0; size < attest->attested.size(); ++size) {
    CHECK(code_of(attestation::parse_tpms_certify_info(attest->attested.first(size))) ==
          "webauthn_tpm_structure_malformed");
  }
  CHECK(attestation::parse_tpms_certify_info(attest->attested));
  for (const std::int64_t algorithm : {-7, -257}) {
    const Bytes area = structure("pubArea", algorithm);
    CHECK(attestation::parse_tpmt_public(area));
    for (std::size_t size = 0; size < area.size(); ++size) {
      CHECK(code_of(attestation::parse_tpmt_public(ByteView(area).first(size))) == "webauthn_tpm_structure_malformed");
    }
  }
}

TEST_CASE("tpm: public areas are those of signing keys") {
  const auto code = [](const Bytes& area) { return code_of(attestation::parse_tpmt_public(area)); };
  const std::string malformed = "webauthn_tpm_structure_malformed";
  // keyBits, exponent, modulus
  CHECK(code(rsa_area("0010"
                      "0008"
                      "00000003"
                      "0001ff")) == "accepted");
  CHECK(code(rsa_area("0014000b"
                      "0008"
                      "00000003"
                      "0001ff")) == "accepted");
  CHECK(code(rsa_area("0016000b"
                      "0008"
                      "00000003"
                      "0001ff")) == "accepted");
  CHECK(code(rsa_area("0018000b"
                      "0008"
                      "00000003"
                      "0001ff")) == malformed);
  CHECK(code(rsa_area("0014"
                      "0008"
                      "00000003"
                      "0001ff")) == malformed);
  CHECK(code(rsa_area("0010"
                      "0008"
                      "00000003"
                      "0001ff"
                      "00")) == malformed);
  // curveID, kdf, x, y
  CHECK(code(ecc_area("0010"
                      "0003"
                      "0010"
                      "0001aa"
                      "0001bb")) == "accepted");
  CHECK(code(ecc_area("0018000b"
                      "0003"
                      "0010"
                      "0001aa"
                      "0001bb")) == "accepted");
  CHECK(code(ecc_area("0014000b"
                      "0003"
                      "0010"
                      "0001aa"
                      "0001bb")) == malformed);
  CHECK(code(ecc_area("001a000b"
                      "0003"
                      "0010"
                      "0001aa"
                      "0001bb")) == malformed);
  CHECK(code(ecc_area("0010"
                      "0003"
                      "0020"
                      "0001aa"
                      "0001bb")) == malformed);
  CHECK(code(ecc_area("0010"
                      "0003"
                      "0010"
                      "0001aa"
                      "ffffbb")) == malformed);
  // symmetric is AES, type is a keyed hash
  CHECK(code(from_hex("0023000b000404720000"
                      "0006"
                      "0010"
                      "0003"
                      "0010"
                      "0001aa"
                      "0001bb")) == malformed);
  CHECK(code(from_hex("0008000b000404720000"
                      "0010"
                      "0010"
                      "0003"
                      "0010"
                      "0001aa"
                      "0001bb")) == malformed);
  const auto area =
      attestation::parse_tpmt_public(rsa_area("0010"
                                              "0008"
                                              "00000003"
                                              "0001ff"));
  CHECK(std::get<attestation::TpmRsaPublic>(area->key).exponent == 3);
}

TEST_CASE("tpm: the W3C's vector") {
  auto recorded = w3c_registration("tpm.ES256");
  if (!recorded) return;
  CHECK_ACCEPTED(verify_registration(recorded->expected, recorded->response));
  recorded->expected.policy.attestation = wire::AttestationAcceptance::trust;
  const auto verified = verify_registration(recorded->expected, recorded->response);
  CHECK_ACCEPTED(verified);
  CHECK(verified->record().attestation_type == "trusted");
  recorded->expected.policy.tpm_manufacturer_unknown_allowed = false;
  CHECK_REFUSED(verify_registration(recorded->expected, recorded->response), errors::webauthn_tpm_manufacturer_unknown,
                wire::clauses::tpm_certificate_manufacturer);
}

// Synthetic ones of a test suite: CBOR that no authenticator may write; written as it must be, their ECC statements
// are right up to a certificate without basic constraints, and their RSA keys begin with a zero byte.
TEST_CASE("tpm: recorded statements") {
  int seen = 0;
  for (auto& [json, recorded] : real_registrations("tpm")) {
    INFO(json["id"] << " " << json["alg"]);
    CHECK(code_of(verify_registration(recorded.expected, recorded.response)) == "webauthn_cbor_indefinite");
    recorded.response.attestation_object = Json::to_cbor(Json::from_cbor(recorded.response.attestation_object));
    const std::int64_t algorithm = json["alg"];
    const auto verified = verify_registration(recorded.expected, recorded.response);
    if (algorithm >= -36) {
      CHECK_REFUSED(verified, errors::webauthn_attestation_certificate_profile, wire::clauses::tpm_certificate_no_ca);
    } else if (algorithm != wire::cose::rs1) {
      CHECK_REFUSED(verified, errors::webauthn_cose_key_malformed, wire::clauses::cose_key);
    } else {
      CHECK(code_of(verified) == "webauthn_algorithm_unsupported");
    }
    ++seen;
  }
  if (vectors::read_json("w3c-webauthn-l3.json").contains("vectors")) CHECK(seen > 0);
}

}  // namespace tegata::webauthn::test
