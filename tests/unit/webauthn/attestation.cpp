#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::authenticator::CborWriter;

Behaviour packed(AttestationChoice attestation = AttestationChoice::packed_x5c) {
  Behaviour behaviour;
  behaviour.attestation = attestation;
  return behaviour;
}

// The attestation object of a good packed self attestation, with another statement or format.
std::string judged_statement(const std::function<void(Json& parts)>& edit, const Bytes& statement,
                             std::string_view format = "packed") {
  Sample sample;
  Behaviour behaviour;
  behaviour.algorithm = -7;
  Json json = sample.create(behaviour);
  const Bytes data = parse_base64url(json["response"]["authenticatorData"].get<std::string>()).value();
  CborWriter object;
  object.map(3).text("fmt").text(format).text("attStmt").raw(statement).text("authData").bytes(data);
  json["response"]["attestationObject"] = base64url(object.out());
  if (edit) edit(json);
  return code_of(sample.verify_created(json));
}

std::string judged_object(const Bytes& object) {
  return judged_statement([&](Json& json) { json["response"]["attestationObject"] = base64url(object); },
                          CborWriter().map(0).out());
}

}  // namespace

TEST_CASE("attestation objects of the wrong shape") {
  const std::string malformed = "webauthn_attestation_object_malformed";
  const auto none = CborWriter().map(0).out();
  CHECK(judged_object({}) == "webauthn_cbor_malformed");
  CHECK(judged_object(CborWriter().array(0).out()) == malformed);
  CHECK_REFUSED_AS(attestation::parse_attestation_object(CborWriter().array(0).out()), errors::webauthn_attestation_object_malformed,
                   wire::clauses::attestation_object, "not a map");
  CHECK(judged_object(CborWriter().integer(1).out()) == malformed);
  CHECK(judged_object(CborWriter().map(2).text("attStmt").map(0).text("authData").bytes("x"_b).out()) == malformed);
  CHECK(judged_object(CborWriter().map(2).text("fmt").text("none").text("authData").bytes("x"_b).out()) == malformed);
  CHECK(judged_object(CborWriter().map(2).text("fmt").text("none").text("attStmt").map(0).out()) == malformed);
  const auto object = [](const Bytes& fmt, const Bytes& statement, const Bytes& data) {
    return CborWriter().map(3).text("fmt").raw(fmt).text("attStmt").raw(statement).text("authData").raw(data).out();
  };
  const auto text = CborWriter().text("none").out(), bytes = CborWriter().bytes("none"_b).out();
  CHECK(judged_object(object(bytes, none, bytes)) == malformed);
  CHECK(judged_object(object(text, text, bytes)) == malformed);
  CHECK(judged_object(object(text, none, text)) == malformed);
  CHECK(judged_object(object(text, none, CborWriter().bytes({}).out())) == "webauthn_authenticator_data_malformed");
}

TEST_CASE("defect: a fourth member of the attestation object was passed over") {
  const auto with = [](const char* name) {
    CborWriter object;
    object.map(4).text("fmt").text("none").text("attStmt").map(0).text("authData").bytes("x"_b).text(name);
    return attestation::parse_attestation_object(object.integer(1).out());
  };
  CHECK_REFUSED_AS(with("epAttestation"), errors::webauthn_attestation_object_malformed, wire::clauses::attestation_object,
                   "other members");
}

TEST_CASE("formats: exactly the known ones") {
  const auto empty = CborWriter().map(0).out();
  CHECK(judged_statement(nullptr, empty, "none") == "accepted");
  for (const char* format : {"None", "PACKED", "", "none ", "TPM", "Apple", "fido_u2f", "android"}) {
    INFO(format);
    CHECK(judged_statement(nullptr, empty, format) == "webauthn_attestation_format_unsupported");
  }
}

TEST_CASE("none with a statement is refused") {
  CHECK(judged_statement(nullptr, CborWriter().map(1).text("alg").integer(-7).out(), "none") ==
        "webauthn_attestation_statement_malformed");
}

TEST_CASE("ignored statements are not judged, the rest is") {
  Sample sample;
  sample.registration.policy.attestation = wire::AttestationAcceptance::ignore;
  Behaviour behaviour = packed();
  behaviour.lie = Lie::bogus_signature;
  const auto verified = sample.enrol(behaviour);
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->record().attestation_type == "unverified");
  CHECK(verified->second_opinion() == "not_comparable");
  behaviour.lie = Lie::challenge;
  CHECK(code_of(sample.enrol(behaviour)) == "webauthn_challenge_mismatch");
}

TEST_CASE("a second verifier that refutes has the last word, one that cannot say has none") {
  Sample sample;
  const auto response = parse_registration_response(sample.create(packed()));
  REQUIRE(response);
  const auto ask = [&](SecondVerifier second) { return verify_registration(sample.registration, *response, second); };
  const auto refuted =
      ask([](const ExpectedRegistration&, const RegistrationResponse&) { return std::string("refuted"); });
  CHECK(code_of(refuted) == "webauthn_second_verifier_veto");
  const auto silent =
      ask([](const ExpectedRegistration&, const RegistrationResponse&) { return std::string("not_comparable"); });
  REQUIRE(silent);
  CHECK(silent->second_opinion() == "not_comparable");
}

TEST_CASE("libfido2 refutes a wrong signature and nothing else") {
  Sample sample;
  const auto attestation = GENERATE(AttestationChoice::packed_self, AttestationChoice::packed_x5c);
  const auto opinion = [&](const Behaviour& behaviour) {
    return libfido2_second_opinion(sample.registration, parse_registration_response(sample.create(behaviour)).value());
  };
  Behaviour behaviour = packed(attestation);
  CHECK(opinion(behaviour) == "agreed");
  behaviour.lie = Lie::bogus_signature;
  CHECK(opinion(behaviour) == "refuted");
  behaviour.lie = Lie::rp_id;
  CHECK(opinion(behaviour) == "not_comparable");
  CHECK(opinion(packed(AttestationChoice::none)) == "not_comparable");
}

}  // namespace tegata::webauthn::test
