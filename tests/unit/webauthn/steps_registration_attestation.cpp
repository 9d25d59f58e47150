// The numbered steps of section 7.1, attestation and record (steps.json names the edition): what each accepts, and at
// least three ways to break it. The names are read by tests/checks/conformance.py.
#include <type_traits>

#include "rp/sandbox/authenticator/keys.h"
#include "tests/unit/webauthn/steps.h"

namespace tegata::webauthn::test::conformance {
namespace {

Behaviour of_size(std::size_t size) {
  return editing([=](Bytes& data) {
    data[credential_length_at] = static_cast<std::uint8_t>(size >> 8);
    data[credential_length_at + 1] = static_cast<std::uint8_t>(size);
    data.erase(data.begin() + credential_id_at, data.begin() + credential_id_at + 32);
    data.insert(data.begin() + credential_id_at, size, 0x61);
  });
}
Json registration_of_size(Sample& sample, std::size_t size) {
  Json json = sample.create(of_size(size));
  json["id"] = json["rawId"] = base64url(Bytes(size, 0x61));
  return json;
}

}  // namespace

TEST_CASE("7.1 step 21 accepted: formats by their registered names") {
  check_created(attesting(AttestationChoice::none));
  check_created(attesting(AttestationChoice::packed_self));
}
TEST_CASE("7.1 step 21 refused: the name in other letters") {
  for (const char* wrong : {"None", "NONE", "nonE"}) {
    check_created([=](const Json& good) { return with_statement(good, wrong, CborWriter().map(0).out()); },
                  errors::webauthn_attestation_format_unsupported, wire::clauses::attestation_format);
  }
}
TEST_CASE("7.1 step 21 refused: the name with something around it") {
  for (const char* wrong : {"none ", " none", "none\n"}) {
    check_created([=](const Json& good) { return with_statement(good, wrong, CborWriter().map(0).out()); },
                  errors::webauthn_attestation_format_unsupported, wire::clauses::attestation_format);
  }
}
TEST_CASE("7.1 step 21 refused: no name, and one that nobody registered") {
  for (const char* wrong : {"", "non", "sample", "fido_u2f"}) {
    check_created([=](const Json& good) { return with_statement(good, wrong, CborWriter().map(0).out()); },
                  errors::webauthn_attestation_format_unsupported, wire::clauses::attestation_format);
  }
}

TEST_CASE("7.1 step 22 accepted: statements whose signature is right") {
  check_created(attesting(AttestationChoice::packed_self));
  check_created(attesting(AttestationChoice::packed_x5c));
}
TEST_CASE("7.1 step 22 refused: a signature over something else") {
  for (const auto attestation : {AttestationChoice::packed_self, AttestationChoice::packed_x5c}) {
    Behaviour behaviour = attesting(attestation);
    behaviour.lie = Lie::bogus_signature;
    check_created(behaviour, errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
  }
}
TEST_CASE("7.1 step 22 refused: the statement of another registration") {
  under(every_profile, [](Sample& sample) {
    Bytes signature;
    Behaviour first = attesting(AttestationChoice::packed_self, -7);
    first.edit_signature = [&](Bytes& made) { signature = made; };
    sample.create(first);
    const Json second = sample.create(attesting(AttestationChoice::packed_self, -7));
    const Bytes statement = CborWriter().map(2).text("alg").integer(-7).text("sig").bytes(signature).out();
    CHECK_REFUSED(sample.verify_created(with_statement(second, "packed", statement)),
                  errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
  });
}
TEST_CASE("7.1 step 22 refused: none that says something") {
  check_created(
      [](const Json& good) { return with_statement(good, "none", CborWriter().map(1).text("sig").bytes("x"_b).out()); },
      errors::webauthn_attestation_statement_malformed, wire::clauses::none_empty);
}
TEST_CASE("7.1 step 22 refused: the second verifier says otherwise") {
  under(every_profile, [](Sample& sample) {
    const auto response = parse_registration_response(sample.create(attesting(AttestationChoice::packed_self)));
    CHECK_REFUSED(verify_registration(sample.registration, response.value(),
                                      [](const auto&, const auto&) { return std::string("refuted"); }),
                  errors::webauthn_second_verifier_veto, wire::clauses::packed_signature);
  });
}

TEST_CASE("7.1 step 23 accepted: anchors of the configuration, and those that metadata names for this model") {
  under({"strict"}, [](Sample& sample) {
    const Chain chain;
    trust(sample, chain);
    CHECK_ACCEPTED(sample.enrol(attesting(AttestationChoice::packed_x5c, -7)));
    const metadata::Metadata metadata = metadata_of(sample, {chain.root_der()});
    sample.registration.anchors.clear();
    sample.registration.metadata = &metadata;
    CHECK_ACCEPTED(sample.enrol(attesting(AttestationChoice::packed_x5c, -7)));
  });
}
TEST_CASE("7.1 step 23 refused: anchors that metadata names for another model") {
  under({"strict"}, [](Sample& sample) {
    const Chain chain;
    trust(sample, chain);
    Sample other;
    other.authenticator = sandbox::authenticator::Authenticator::make(other.random);  // another AAGUID
    const metadata::Metadata metadata = metadata_of(other, {chain.root_der()});
    sample.registration.anchors.clear();
    sample.registration.metadata = &metadata;
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_x5c, -7)), errors::webauthn_attestation_untrusted,
                  wire::clauses::attestation_trust);
  });
}
TEST_CASE("7.1 step 23 refused: what the statement brings along") {
  under({"strict"}, [](Sample& sample) {
    const Chain chain;
    trust(sample, chain);
    sample.registration.anchors.clear();
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_x5c, -7)), errors::webauthn_attestation_untrusted,
                  wire::clauses::attestation_trust);
  });
}
TEST_CASE("7.1 step 23 refused: an anchor that is no certificate is a mistake of the server") {
  under({"strict"}, [](Sample& sample) {
    trust(sample, Chain());
    sample.registration.anchors = {"no certificate"_b};
    CHECK(code_of(sample.enrol(attesting(AttestationChoice::packed_x5c, -7))) == "webauthn_anchor_malformed");
  });
}

TEST_CASE("7.1 step 24 accepted: none and self where the policy lets them, and a path to an anchor") {
  check_created(attesting(AttestationChoice::none));
  check_created(attesting(AttestationChoice::packed_self));
  under(both_profiles, [](Sample& sample) {
    const Chain chain;
    trust(sample, chain);
    for (const Bytes& anchor : {chain.root_der(), chain.between_der(), chain.leaf_der()}) {
      sample.registration.anchors = {anchor};
      const auto verified = sample.enrol(attesting(AttestationChoice::packed_x5c));
      REQUIRE(code_of(verified) == "accepted");
      CHECK(verified->record().attestation_type == "trusted");
    }
  });
}
TEST_CASE("7.1 step 24 refused: none where an attestation is required") {
  under({"strict"}, [](Sample& sample) {
    sample.registration.anchors = {sample.authenticator.attestation_root()};
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::none)), errors::webauthn_attestation_untrusted,
                  wire::clauses::attestation_trust);
  });
}
TEST_CASE("7.1 step 24 refused: self where an attestation is required") {
  under({"strict"}, [](Sample& sample) {
    sample.registration.anchors = {sample.authenticator.attestation_root()};
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_self)), errors::webauthn_attestation_untrusted,
                  wire::clauses::attestation_trust);
  });
}
TEST_CASE("7.1 step 24 refused: a path to nobody's anchor") {
  under({"strict"}, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_x5c)), errors::webauthn_attestation_untrusted,
                  wire::clauses::attestation_trust);
    sample.registration.anchors = {Chain().root_der()};
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_x5c)), errors::webauthn_attestation_untrusted,
                  wire::clauses::attestation_trust);
  });
}
TEST_CASE("7.1 step 24 refused: a path at a time when it does not hold") {
  under({"strict"}, [](Sample& sample) {
    trust(sample, Chain());
    for (const std::int64_t when : {chain_begins - 1, chain_ends + 1}) {
      sample.registration.now = from_unix_seconds(when);
      CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_x5c)), errors::webauthn_attestation_untrusted,
                    wire::clauses::attestation_trust);
    }
  });
}
TEST_CASE("7.1 step 24 refused: a model that is denied, or not among the allowed") {
  under(every_profile, [](Sample& sample) {
    sample.registration.policy.aaguids.denied = {sample.authenticator.aaguid()};
    CHECK_REFUSED(sample.enrol(), errors::webauthn_aaguid_refused, wire::clauses::attestation_trust);
    sample.registration.policy.aaguids = {.others_allowed = false, .allowed = {Bytes(16, 7)}, .denied = {}};
    CHECK_REFUSED(sample.enrol(), errors::webauthn_aaguid_refused, wire::clauses::attestation_trust);
  });
}

TEST_CASE("7.1 step 25 accepted: one byte, and 1023") {
  under(every_profile, [](Sample& sample) {
    CHECK_ACCEPTED(sample.verify_created(registration_of_size(sample, 1)));
    CHECK_ACCEPTED(sample.verify_created(registration_of_size(sample, 1023)));
  });
}
TEST_CASE("7.1 step 25 refused: 1024 bytes in the authenticator data") {
  check_created([](const Json& good) { return with(with(good, "/id", "YWJj"), "/rawId", "YWJj"); },
                errors::webauthn_credential_id_length, wire::clauses::credential_id, of_size(1024));
}
TEST_CASE("7.1 step 25 refused: 1024 bytes in the response") {
  under(every_profile, [](Sample& sample) {
    CHECK_REFUSED(sample.verify_created(registration_of_size(sample, 1024)), errors::webauthn_credential_id_length,
                  wire::clauses::credential_id);
  });
}
TEST_CASE("7.1 step 25 refused: none at all") {
  check_created([](const Json& good) { return good; }, errors::webauthn_credential_id_length,
                wire::clauses::credential_id, of_size(0));
  check_created([](const Json& good) { return with(with(good, "/id", ""), "/rawId", ""); },
                errors::webauthn_credential_id_length, wire::clauses::credential_id);
}
TEST_CASE("7.1 step 25 refused: another in the authenticator data than in the response") {
  check_created([](const Json& good) { return with(with(good, "/id", "YWJj"), "/rawId", "YWJj"); },
                errors::webauthn_credential_id_mismatch, wire::clauses::credential_json);
}

TEST_CASE("7.1 step 27 accepted: the record holds what was verified") {
  under(both_profiles, [](Sample& sample) {
    Behaviour behaviour = backed_up(true, true);
    behaviour.sign_count = 9;
    behaviour.attestation = AttestationChoice::packed_self;
    behaviour.algorithm = -7;
    const Json json = sample.create(behaviour);
    const auto verified = sample.verify_created(json);
    REQUIRE(code_of(verified) == "accepted");
    const CredentialRecord& record = verified->record();
    CHECK(record.id == sample.authenticator.credentials().back().id);
    const auto& made = sample.authenticator.credentials().back();
    CHECK(record.public_key == sandbox::authenticator::cose_key(made.key, -7));
    CHECK(record.algorithm == -7);
    CHECK(record.sign_count == 9);
    CHECK(record.uv_initialized);
    CHECK(record.transports == std::vector<std::string>{"internal"});
    CHECK(record.backup_eligible);
    CHECK(record.backup_state);
    CHECK(record.aaguid == sample.authenticator.aaguid());
    CHECK(record.attestation_object == part(json, "attestationObject"));
    CHECK(record.attestation_client_data_json == part(json, "clientDataJSON"));
    CHECK(record.rp_id == "localhost");
  });
}

TEST_CASE("7.1 step 28 accepted: outputs that were asked for, that were not, and none") {
  const Bytes unsolicited = CborWriter().map(2).text("sample").boolean(true).text("credProtect").integer(2).out();
  check_created(extending(unsolicited));
  check_created(putting("/clientExtensionResults", Json{{"sample", 1}}));
  check_created(Behaviour{});
}
TEST_CASE("7.1 step 28 refused: outputs that are no map, or not by name") {
  for (const Bytes& wrong : {CborWriter().array(0).out(), CborWriter().map(1).integer(1).integer(2).out()}) {
    check_created(extending(wrong), errors::webauthn_extensions_malformed, wire::clauses::extensions);
  }
}
TEST_CASE("7.1 step 28 refused: an output of the authenticator that nobody asked for, where the policy says so") {
  under(every_profile, [](Sample& sample) {
    sample.registration.policy.unsolicited_extensions = wire::UnsolicitedExtensions::refuse;
    CHECK_REFUSED(sample.enrol(extending(CborWriter().map(1).text("sample").boolean(true).out())),
                  errors::webauthn_extension_unsolicited, wire::registration_clauses.extensions);
  });
}
TEST_CASE("7.1 step 28 refused: an output of the client that nobody asked for, where the policy says so") {
  under(every_profile, [](Sample& sample) {
    sample.registration.policy.unsolicited_extensions = wire::UnsolicitedExtensions::refuse;
    CHECK_ACCEPTED(sample.enrol());
    CHECK_REFUSED(sample.verify_created(with(sample.create(), "/clientExtensionResults", Json{{"sample", 1}})),
                  errors::webauthn_extension_unsolicited, wire::registration_clauses.extensions);
  });
}
TEST_CASE("7.1 step 28 refused: a credential that is not discoverable, though it had to be") {
  check_created(putting("/clientExtensionResults", Json{{"credProps", {{"rk", false}}}}),
                errors::webauthn_not_discoverable, wire::clauses::resident_key);
}
TEST_CASE("7.1 step 28 refused: ED is set and nothing follows") {
  check_created(flagging(0x80), errors::webauthn_cbor_malformed, wire::clauses::cbor);
}

TEST_CASE("what may be stored is made by the verifier alone") {
  CHECK_FALSE(std::is_default_constructible_v<VerifiedRegistration>);
  CHECK_FALSE(std::is_constructible_v<VerifiedRegistration, CredentialRecord>);
}

}  // namespace tegata::webauthn::test::conformance
