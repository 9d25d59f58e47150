// A relying party that trusts metadata, models that stand in it, and the certificates of their makers.
#pragma once

#include "rp/sandbox/authenticator/keys.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/key_standing.h"
#include "tests/support/metadata_maker.h"
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test {

using sandbox::authenticator::CborWriter;
using sandbox::test_pki::Identity;
using tegata::test::MetadataMaker;

inline const std::string unwanted_code = "webauthn_metadata_status_unwanted";

// A relying party that trusts metadata alone, and an authenticator whose model stands in it.
struct Known : Sample {
  MetadataMaker maker;
  std::optional<metadata::Metadata> metadata;

  explicit Known(const Bytes& anchor = {}) {
    registration.policy.attestation = wire::AttestationAcceptance::trust;
    maker.add(
        MetadataMaker::entry(authenticator.aaguid(), {anchor.empty() ? authenticator.attestation_root() : anchor}));
  }
  Json& entry() { return maker.payload["entries"][0]; }
  Json& statement() { return entry()["metadataStatement"]; }
  void report(const Json& made) { entry()["statusReports"].push_back(made); }

  void publish() {
    metadata::ExpectedMetadata expected;
    expected.anchors = {maker.root_der()};
    expected.now = registration.now;
    metadata.emplace(metadata::verify_metadata(maker.make(), expected).value());
    registration.metadata = &*metadata;
  }
  Result<VerifiedRegistration> enrolled(AttestationChoice attestation = AttestationChoice::packed_x5c) {
    publish();
    return enrol(attesting(attestation, -7));
  }
  std::string judged(AttestationChoice attestation = AttestationChoice::packed_x5c, std::int64_t algorithm = -7) {
    publish();
    Behaviour behaviour;
    behaviour.attestation = attestation;
    behaviour.algorithm = algorithm;
    return code_of(enrol(behaviour));
  }
  std::string judged(const Json& created) {
    publish();
    return code_of(verify_created(created));
  }
};

// A batch certificate under an intermediate under a root, for an authenticator.
struct Batch {
  Identity root = sandbox::test_pki::issue_self_signed(MetadataMaker::profile("Sample Maker Root", true),
                                                       sandbox::test_pki::p256_key());
  Identity between = MetadataMaker::issued(MetadataMaker::profile("Sample Maker Between", true), root);
  Identity leaf;
  explicit Batch(const sandbox::test_pki::Key& key = sandbox::test_pki::p256_key()) {
    auto profile = MetadataMaker::profile("Sample Batch", false);
    profile.subject = {{"C", "JP"}, {"O", "Sample"}, {"OU", "Authenticator Attestation"}, {"CN", "Sample Batch"}};
    leaf = {key, sandbox::test_pki::issue(profile, key, between)};
  }
  std::vector<Bytes> path() const {
    return {sandbox::test_pki::der(leaf.certificate), sandbox::test_pki::der(between.certificate)};
  }
  attestation::AttestationPath read_path() const {
    attestation::AttestationPath out;
    for (const auto& der : path()) out.emplace_back(*attestation::parse_certificate(der));
    return out;
  }
};

inline Json compromise(const sandbox::test_pki::Certificate& certificate) {
  Json made = MetadataMaker::report("ATTESTATION_KEY_COMPROMISE");
  made["certificate"] = base64(sandbox::test_pki::der(certificate));
  return made;
}

inline Bytes key_identifier(const sandbox::test_pki::Certificate& certificate) {
  Bytes out(20);
  unsigned size = 0;
  REQUIRE(X509_pubkey_digest(certificate.get(), EVP_sha1(), out.data(), &size) == 1);
  REQUIRE(size == 20);
  return out;
}

inline Bytes object_with(const char* format, const Bytes& statement) {
  CborWriter object;
  object.map(3).text("fmt").text(format).text("attStmt").raw(statement).text("authData").bytes(Bytes(37, 1));
  return object.out();
}
inline Bytes u2f_statement(const Batch& batch) {
  CborWriter statement;
  statement.map(2).text("sig").bytes("signature"_b).text("x5c").array(1).bytes(batch.path().front());
  return statement.out();
}

// A model of U2F that was revoked, known by the keys of these batches.
inline Json revoked_u2f(const std::vector<const Batch*>& batches) {
  Json entry = MetadataMaker::entry(Bytes(16, 9), {});
  entry.erase("aaguid");
  entry["metadataStatement"].erase("aaguid");
  for (const Batch* batch : batches) {
    entry["attestationCertificateKeyIdentifiers"].push_back(hex(key_identifier(batch->leaf.certificate)));
  }
  entry["statusReports"] = Json::array({MetadataMaker::report("REVOKED")});
  return entry;
}

}  // namespace tegata::webauthn::test
