// Registrations, and phones that are bound, against what metadata says of their model.
#include "tests/unit/webauthn/metadata_sample.h"

namespace tegata::webauthn::test {

TEST_CASE("case 172: a model that stands in metadata alone is accepted") {
  Known known;
  const auto verified = known.enrolled();
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->record().attestation_type == "trusted");
}

TEST_CASE("case 173: a model with an unwanted status is refused") {
  const std::string status = GENERATE(as<std::string>{}, "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE",
                                      "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE", "REVOKED");
  INFO(status);
  Known known;
  REQUIRE(known.judged() == "accepted");
  known.report(MetadataMaker::report(status));
  CHECK_REFUSED(known.enrolled(), errors::webauthn_metadata_status_unwanted, wire::clauses::metadata_status);
  // Whatever is reported besides, later or earlier.
  known.report(MetadataMaker::report("UPDATE_AVAILABLE", "2026-11-01"));
  CHECK(known.judged() == unwanted_code);
  // And whether or not trust is asked for.
  known.registration.policy.attestation = wire::AttestationAcceptance::verify;
  CHECK(known.judged() == unwanted_code);
  CHECK(known.judged(AttestationChoice::none) == unwanted_code);
}

TEST_CASE("metadata status: every other one is no reason to refuse") {
  Known known;
  for (const char* status : {"NOT_FIDO_CERTIFIED", "FIDO_CERTIFIED", "UPDATE_AVAILABLE", "SELF_ASSERTION_SUBMITTED",
                             "FIDO_CERTIFIED_L3plus", "OF_THE_FUTURE", "revoked", ""}) {
    known.report(MetadataMaker::report(status));
  }
  CHECK(known.judged() == "accepted");
}

TEST_CASE("metadata status: from its date on") {
  Known known;
  known.report(MetadataMaker::report("REVOKED", "2026-11-21"));
  known.registration.now = parse_rfc3339("2026-11-20T23:59:59Z").value();
  CHECK(known.judged() == "accepted");
  known.registration.now = parse_rfc3339("2026-11-21T00:00:00Z").value();
  CHECK(known.judged() == unwanted_code);
}

TEST_CASE("metadata status: a compromised key that is named concerns its batch alone") {
  Known known;
  const Batch batch, other;
  known.statement()["attestationRootCertificates"] =
      Json::array({base64(sandbox::test_pki::der(batch.root.certificate))});
  known.authenticator.set_attestation(batch.leaf.key, batch.path());
  const auto with = [&](const Json& report) {
    known.entry()["statusReports"] = Json::array({report});
    return known.judged();
  };
  CHECK(with(compromise(other.leaf.certificate)) == "accepted");
  CHECK(with(compromise(other.root.certificate)) == "accepted");
  CHECK(with(compromise(batch.leaf.certificate)) == unwanted_code);
  CHECK(with(compromise(batch.between.certificate)) == unwanted_code);
  CHECK(with(compromise(batch.root.certificate)) == unwanted_code);
  Json revoked = compromise(other.leaf.certificate);
  revoked["status"] = "REVOKED";
  CHECK(with(revoked) == unwanted_code);
  // Without certificates nobody says which batch it is.
  known.registration.policy.attestation = wire::AttestationAcceptance::verify;
  known.entry()["statusReports"] = Json::array({compromise(batch.leaf.certificate)});
  CHECK(known.judged(AttestationChoice::none) == "accepted");
}

TEST_CASE("metadata anchors: those of a model that is vouched for alone, the configured ones for every other") {
  Known known;
  const Batch batch;
  known.authenticator.set_attestation(batch.leaf.key, batch.path());
  CHECK(known.judged() == "webauthn_attestation_untrusted");
  known.maker.add(MetadataMaker::entry(Bytes(16, 9), {sandbox::test_pki::der(batch.root.certificate)}));
  CHECK(known.judged() == "webauthn_attestation_untrusted");
  // A root that is configured for some maker must not speak for the model of another.
  known.registration.anchors = {sandbox::test_pki::der(batch.root.certificate)};
  CHECK(known.judged() == "webauthn_attestation_untrusted");
  known.entry().erase("metadataStatement");
  CHECK(known.judged() == "accepted");
  known.entry() = MetadataMaker::entry(Bytes(16, 8), {});
  CHECK(known.judged() == "accepted");
}

TEST_CASE("metadata anchors: an unknown model and no configured anchor are not trusted") {
  Known known;
  known.entry() = MetadataMaker::entry(Bytes(16, 9), {known.authenticator.attestation_root()});
  CHECK(known.judged() == "webauthn_attestation_untrusted");
  known.registration.policy.attestation = wire::AttestationAcceptance::verify;
  CHECK(known.judged() == "accepted");
}

TEST_CASE("metadata: an AAGUID that nothing proved makes no phone trusted, whatever is known of its model") {
  Known known;
  known.registration.policy = wire::strict_policy();
  CHECK(known.judged(AttestationChoice::none) == "webauthn_attestation_untrusted");
  CHECK(known.judged(AttestationChoice::packed_self) == "webauthn_metadata_attestation_type");
  known.registration.policy = wire::standard_policy();
  const auto unproved = known.enrolled(AttestationChoice::none);
  REQUIRE(code_of(unproved) == "accepted");
  CHECK(unproved->record().aaguid == known.authenticator.aaguid());
  CHECK(unproved->record().attestation_type == "none");
  CHECK(known.judged(AttestationChoice::packed_self) == "webauthn_metadata_attestation_type");
  CHECK(known.enrolled()->record().attestation_type == "trusted");
}

TEST_CASE("case 070: a chain that ends at the root in metadata") {
  const Batch batch;
  Known known(sandbox::test_pki::der(batch.root.certificate));
  known.authenticator.set_attestation(batch.leaf.key, batch.path());
  CHECK(known.judged() == "accepted");
  known.authenticator.set_attestation(batch.leaf.key, {batch.path().front()});
  CHECK(known.judged() == "webauthn_attestation_untrusted");
}

TEST_CASE("case 071: the batch certificate itself is the anchor") {
  const Batch batch, other;
  Known known(batch.path().front());
  known.authenticator.set_attestation(batch.leaf.key, {batch.path().front()});
  CHECK(known.judged() == "accepted");
  known.authenticator.set_attestation(other.leaf.key, {other.path().front()});
  CHECK(known.judged() == "webauthn_attestation_untrusted");
}

TEST_CASE("case 072: a root with critical basic constraints among several roots") {
  Known known;
  const Batch batch, other, third;
  known.authenticator.set_attestation(batch.leaf.key, batch.path());
  auto& roots = known.statement()["attestationRootCertificates"];
  roots = {base64(sandbox::test_pki::der(other.root.certificate)),
           base64(sandbox::test_pki::der(third.root.certificate))};
  CHECK(known.judged() == "webauthn_attestation_untrusted");
  roots.insert(roots.begin() + 1, base64(sandbox::test_pki::der(batch.root.certificate)));
  CHECK(known.judged() == "accepted");
}

TEST_CASE("case 053: alg of the statement is none of the model's") {
  Known known;
  known.statement()["authenticationAlgorithms"] = {"ed25519_eddsa_sha512_raw", "secp256r1_ecdsa_sha256_raw"};
  CHECK(known.judged(AttestationChoice::packed_x5c, -8) == "accepted");
  known.statement()["authenticationAlgorithms"] = {"ed25519_eddsa_sha512_raw", "secp384r1_ecdsa_sha384_raw"};
  CHECK(known.judged(AttestationChoice::packed_x5c, -8) == "webauthn_metadata_algorithm_mismatch");
}

TEST_CASE("metadata: the credential's algorithm is one of the model's") {
  Known known;
  CHECK(known.judged(AttestationChoice::packed_x5c, -8) == "webauthn_metadata_algorithm_mismatch");
  known.statement()["authenticationAlgorithms"] = {"of the future", "secp256r1_ecdsa_sha256_raw"};
  CHECK(known.judged() == "accepted");
  known.statement()["authenticationAlgorithms"] = {"of the future", "sm2_sm3_raw"};
  CHECK_REFUSED(known.enrolled(), errors::webauthn_metadata_algorithm_mismatch, wire::clauses::metadata_algorithm);
}

TEST_CASE("case 081: the batch certificate's key is of none of the model's algorithms") {
  const Batch batch(sandbox::test_pki::rsa_key());
  Known known(sandbox::test_pki::der(batch.root.certificate));
  Behaviour behaviour;
  behaviour.algorithm = -7;
  Json created = known.create(behaviour);
  auto& response = created["response"];
  const Bytes data = parse_base64url(response["authenticatorData"].get<std::string>()).value();
  const Bytes client_data = parse_base64url(response["clientDataJSON"].get<std::string>()).value();
  const Digest hash = sha256(client_data);
  Bytes message = data;
  message.insert(message.end(), hash.begin(), hash.end());
  CborWriter object;
  object.map(3).text("fmt").text("packed").text("attStmt").map(3).text("alg").integer(-257);
  object.text("sig").bytes(sandbox::authenticator::sign(batch.leaf.key, -257, message)).text("x5c").array(2);
  for (const Bytes& certificate : batch.path()) object.bytes(certificate);
  object.text("authData").bytes(data);
  response["attestationObject"] = base64url(object.out());
  CHECK(known.judged(created) == "webauthn_metadata_algorithm_mismatch");
  known.statement()["authenticationAlgorithms"].push_back("rsassa_pkcsv15_sha256_raw");
  CHECK(known.judged(created) == "accepted");
}

TEST_CASE("case 090: a self statement where metadata says full") {
  Known known;
  known.registration.policy.attestation = wire::AttestationAcceptance::verify;
  CHECK_REFUSED(known.enrolled(AttestationChoice::packed_self), errors::webauthn_metadata_attestation_type,
                wire::clauses::metadata_attestation_type);
  known.statement()["attestationTypes"] = {"basic_full", "basic_surrogate"};
  CHECK(known.judged(AttestationChoice::packed_self) == "accepted");
}

TEST_CASE("metadata: certificates where metadata says self, and every type that has certificates") {
  Known known;
  const auto with = [&](const char* type) {
    known.statement()["attestationTypes"] = {"none", type};
    return known.judged();
  };
  CHECK(with("basic_surrogate") == "webauthn_metadata_attestation_type");
  CHECK(with("of the future") == "webauthn_metadata_attestation_type");
  for (const char* type : {"basic_full", "attca", "anonca", "ecdaa"}) CHECK(with(type) == "accepted");
}

TEST_CASE("metadata: none is not held against what the model could do, and what cannot be read constrains nothing") {
  Known known;
  known.registration.policy.attestation = wire::AttestationAcceptance::verify;
  known.statement()["attestationTypes"] = {"basic_full", "unknown"};
  CHECK(known.judged(AttestationChoice::none) == "accepted");
  known.entry().erase("metadataStatement");
  CHECK(known.judged(AttestationChoice::packed_self) == "accepted");
  known.registration.policy.attestation = wire::AttestationAcceptance::trust;
  CHECK(known.judged() == "webauthn_attestation_untrusted");
}

TEST_CASE("metadata: ignored where attestation is") {
  Known known;
  known.report(MetadataMaker::report("REVOKED"));
  known.registration.policy.attestation = wire::AttestationAcceptance::ignore;
  CHECK(known.judged() == "accepted");
}

TEST_CASE("metadata: models of U2F are known by the key of their batch") {
  Known known;
  const Batch batch, other;
  known.maker.add(revoked_u2f({&batch}));
  known.publish();
  const Bytes zero(16);
  const metadata::Metadata* metadata = &*known.metadata;
  CHECK(metadata::find_entries(metadata, "fido-u2f", zero, {batch.read_path()}).size() == 1);
  CHECK(metadata::find_entries(metadata, "fido-u2f", zero, {other.read_path()}).empty());
  CHECK(metadata::find_entries(metadata, "fido-u2f", zero, {}).empty());
  CHECK(metadata::find_entries(metadata, "packed", zero, {batch.read_path()}).size() == 1);
  CHECK(metadata::find_entries(nullptr, "fido-u2f", zero, {batch.read_path()}).empty());
  // The AAGUID of a statement of U2F is signed by nobody.
  CHECK(metadata::find_entries(metadata, "fido-u2f", known.authenticator.aaguid(), {batch.read_path()}) ==
        metadata::find_entries(metadata, "fido-u2f", zero, {batch.read_path()}));
  CredentialRecord record;
  record.aaguid = zero;
  record.attestation_format = "fido-u2f";
  record.attestation_object = object_with("fido-u2f", u2f_statement(batch));
  CHECK(code_of(judge_key(metadata, record, known.registration.now, known.registration.now)) == unwanted_code);
  record.attestation_object = object_with("fido-u2f", u2f_statement(other));
  CHECK(code_of(judge_key(metadata, record, known.registration.now, known.registration.now)) == "accepted");
  record.attestation_object.clear();
  CHECK(code_of(judge_key(metadata, record, known.registration.now, known.registration.now)) == "accepted");
}

TEST_CASE("metadata: a bound phone is judged again by what is known now") {
  Known known;
  const Batch batch, other;
  known.statement()["attestationRootCertificates"] =
      Json::array({base64(sandbox::test_pki::der(batch.root.certificate))});
  known.authenticator.set_attestation(batch.leaf.key, batch.path());
  known.publish();
  Behaviour behaviour;
  behaviour.attestation = AttestationChoice::packed_x5c;
  behaviour.algorithm = -7;
  known.bind(behaviour);
  const auto again = [&](const Json& report) {
    known.entry()["statusReports"] = Json::array({report});
    known.publish();
    return code_of(judge_key(&*known.metadata, known.record, known.registration.now, known.registration.now));
  };
  CHECK(again(MetadataMaker::report("FIDO_CERTIFIED")) == "accepted");
  CHECK(again(MetadataMaker::report("REVOKED", "2030-01-01")) == "accepted");
  CHECK(again(MetadataMaker::report("USER_KEY_REMOTE_COMPROMISE", "2026-11-01")) == unwanted_code);
  CHECK(again(compromise(other.leaf.certificate)) == "accepted");
  CHECK(again(compromise(batch.leaf.certificate)) == unwanted_code);
  known.record.aaguid = Bytes(16, 9);
  CHECK(again(MetadataMaker::report("REVOKED")) == "accepted");
}

}  // namespace tegata::webauthn::test
