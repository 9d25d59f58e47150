// Each refusal about metadata names the rule that was broken. What breaks them in every way: metadata_*.cpp.
#include "rp/webauthn/metadata/metadata.h"
#include "tests/support/metadata_maker.h"
#include "tests/unit/webauthn/attested_sample.h"

namespace tegata::webauthn::test::conformance {
namespace {

using tegata::test::MetadataMaker;

struct ClauseImport {
  MetadataMaker maker;
  metadata::ExpectedMetadata expected;

  ClauseImport() {
    expected.anchors = {maker.root_der()};
    expected.now = tegata::test::StillClock().now();
  }
  Result<metadata::Metadata> read() const { return metadata::verify_metadata(maker.make(), expected); }
};

// A registration of a model that stands in metadata, with its entry changed by `edit`.
Result<VerifiedRegistration> registered(const std::function<void(Json& entry)>& edit, AttestationChoice attestation) {
  Sample sample;
  ClauseImport import;
  edit(
      import.maker.add(MetadataMaker::entry(sample.authenticator.aaguid(), {sample.authenticator.attestation_root()})));
  const auto metadata = import.read();
  REQUIRE(code_of(metadata) == "accepted");
  sample.registration.metadata = &*metadata;
  return sample.enrol(attesting(attestation, -7));
}

}  // namespace

TEST_CASE("metadata refusals name the rule about a JWS") {
  ClauseImport import;
  CHECK_REFUSED(metadata::verify_metadata("a.b", import.expected), errors::webauthn_metadata_malformed,
                wire::clauses::metadata_jws);
  CHECK_REFUSED(metadata::verify_metadata(import.maker.make("[]", "{}"), import.expected),
                errors::webauthn_metadata_malformed, wire::clauses::metadata_jws);
  import.maker.algorithm = "none";
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_algorithm, wire::clauses::metadata_alg);
  import.maker.algorithm = "RS256";
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_algorithm, wire::clauses::metadata_alg);
  import.maker.algorithm = "ES256";
  import.maker.header["crit"] = {"exp"};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_header, wire::clauses::jws_crit);
  import.maker.header = {{ "x5u", "https://mds.example" }};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_header, wire::clauses::metadata_x5c);
}

TEST_CASE("metadata refusals name the rule about the signer") {
  ClauseImport import;
  import.expected.crls_required = true;
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_crl_missing, wire::clauses::metadata_revocation);
  const auto& maker = import.maker;
  import.expected.crls = {MetadataMaker::crl(maker.root),
                          MetadataMaker::crl(maker.intermediate, {maker.signer.certificate})};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_revoked, wire::clauses::metadata_revocation);
  import = ClauseImport();
  import.expected.host = "www.example";
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_host, wire::clauses::metadata_chain);
  import.expected.anchors = {MetadataMaker().root_der()};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_untrusted, wire::clauses::metadata_chain);
  import = ClauseImport();
  import.maker.signer.key = sandbox::test_pki::p256_key();
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_signature, wire::clauses::metadata_signature);
}

TEST_CASE("metadata refusals name the rule about the payload") {
  ClauseImport import;
  import.expected.newest = metadata::MetadataEdition{43, {}};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_number_older, wire::clauses::metadata_number);
  import.expected.newest = metadata::MetadataEdition{42, {}};
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_number_reused, wire::clauses::metadata_number);
  import = ClauseImport();
  import.maker.payload["nextUpdate"] = "2026-11-01";
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_stale, wire::clauses::metadata_next_update);
  import.maker.payload.erase("nextUpdate");
  CHECK_REFUSED(import.read(), errors::webauthn_metadata_malformed, wire::clauses::metadata_payload);
}

TEST_CASE("metadata refusals: an entry that breaks its rule is left out, and its neighbour stands") {
  INFO(wire::clauses::metadata_entry);
  ClauseImport import;
  import.maker.add(MetadataMaker::entry(Bytes(16, 0), {import.maker.root_der()}));  // names no model
  import.maker.add(MetadataMaker::entry(Bytes(16, 7), {import.maker.root_der()}));
  const auto metadata = import.read();
  REQUIRE(code_of(metadata) == "accepted");
  REQUIRE(metadata->skipped().size() == 1);
  CHECK(metadata->skipped()[0].index == 0);
  CHECK(metadata->skipped()[0].reason == "webauthn_metadata_malformed: aaguid is zero");
  CHECK(metadata->find(Bytes(16, 7)));
}

TEST_CASE("metadata refusals name the rule about the model") {
  const auto revoke = [](Json& entry) { entry["statusReports"].push_back(MetadataMaker::report("REVOKED")); };
  CHECK_REFUSED(registered(revoke, AttestationChoice::packed_x5c), errors::webauthn_metadata_status_unwanted,
                wire::clauses::metadata_status);
  const auto ed25519 = [](Json& entry) {
    entry["metadataStatement"]["authenticationAlgorithms"] = {"ed25519_eddsa_sha512_raw"};
  };
  CHECK_REFUSED(registered(ed25519, AttestationChoice::packed_x5c), errors::webauthn_metadata_algorithm_mismatch,
                wire::clauses::metadata_algorithm);
  CHECK_REFUSED(registered([](Json&) {}, AttestationChoice::packed_self), errors::webauthn_metadata_attestation_type,
                wire::clauses::metadata_attestation_type);
}

}  // namespace tegata::webauthn::test::conformance
