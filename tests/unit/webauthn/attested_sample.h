// An attestation chain of three for the software authenticator, any part of which a test may make wrong.
#pragma once

#include "rp/webauthn/metadata/metadata.h"
#include "tests/support/metadata_maker.h"
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test::conformance {

inline constexpr std::int64_t chain_begins = 1'700'000'000, chain_ends = 1'900'000'000;

inline sandbox::test_pki::Profile chain_profile(const sandbox::test_pki::Name& subject, const char* constraints) {
  sandbox::test_pki::Profile profile;
  profile.subject = subject;
  profile.not_before = from_unix_seconds(chain_begins);
  profile.not_after = from_unix_seconds(chain_ends);
  profile.extensions = {{"basicConstraints", constraints}};
  return profile;
}

struct Chain {
  sandbox::test_pki::Profile root_profile = chain_profile({{"C", "JP"}, {"CN", "Sample Root"}}, "critical,CA:TRUE");
  sandbox::test_pki::Profile between_profile =
      chain_profile({{"C", "JP"}, {"CN", "Sample Between"}}, "critical,CA:TRUE");
  sandbox::test_pki::Profile leaf_profile = chain_profile(
      {{"C", "JP"}, {"O", "Sample"}, {"OU", "Authenticator Attestation"}, {"CN", "Sample Batch"}}, "CA:FALSE");
  sandbox::test_pki::Identity root, between, leaf;

  Chain() { issue_all(); }
  explicit Chain(const std::function<void(Chain&)>& change) {
    change(*this);
    issue_all();
  }
  Bytes root_der() const { return sandbox::test_pki::der(root.certificate); }
  Bytes between_der() const { return sandbox::test_pki::der(between.certificate); }
  Bytes leaf_der() const { return sandbox::test_pki::der(leaf.certificate); }

 private:
  static sandbox::test_pki::Identity issued(const sandbox::test_pki::Profile& profile,
                                            const sandbox::test_pki::Identity& issuer) {
    const auto key = sandbox::test_pki::p256_key();
    return {key, sandbox::test_pki::issue(profile, key, issuer)};
  }
  void issue_all() {
    root = sandbox::test_pki::issue_self_signed(root_profile, sandbox::test_pki::p256_key());
    between = issued(between_profile, root);
    leaf = issued(leaf_profile, between);
  }
};

// A relying party that trusts the root of `chain`, and an authenticator that shows leaf and intermediate.
inline void trust(Sample& sample, const Chain& chain) {
  sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
  sample.registration.anchors = {chain.root_der()};
  sample.authenticator.set_attestation(chain.leaf.key, {chain.leaf_der(), chain.between_der()});
}

// Metadata that vouches for the model of `sample` with these anchors.
inline metadata::Metadata metadata_of(const Sample& sample, const std::vector<Bytes>& anchors) {
  tegata::test::MetadataMaker maker;
  maker.add(tegata::test::MetadataMaker::entry(sample.authenticator.aaguid(), anchors));
  metadata::ExpectedMetadata expected;
  expected.anchors = {maker.root_der()};
  expected.now = sample.registration.now;
  return metadata::verify_metadata(maker.make(), expected).value();
}

// A chain that metadata says something else of: the conformance profile refuses it though it wants no trust, the
// standard one does not believe in it.
inline void check_known_model(const Chain& chain, const std::vector<Bytes>& path, const std::vector<Bytes>& anchors) {
  under(both_profiles, [&](Sample& sample) {
    const metadata::Metadata metadata = metadata_of(sample, anchors);
    sample.registration.metadata = &metadata;
    sample.authenticator.set_attestation(chain.leaf.key, path);
    const Behaviour behaviour = attesting(AttestationChoice::packed_x5c, -7);
    if (!sample.registration.policy.known_model_untrusted_allowed) {
      CHECK_REFUSED(sample.enrol(behaviour), errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
      return;
    }
    const auto verified = sample.enrol(behaviour);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "unverified");
  });
  CHECK_FALSE(wire::find_policy("fido-conformance")->known_model_untrusted_allowed);
}

// Full packed attestations of such an authenticator, once `change` has been made, by both profiles.
inline void check_attested(const std::function<void(Sample&, const Chain&)>& change, const Chain& chain, ErrorCode code,
                           std::string_view clause) {
  under(both_profiles, [&](Sample& sample) {
    trust(sample, chain);
    change(sample, chain);
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_x5c)), code, clause);
  });
}

}  // namespace tegata::webauthn::test::conformance
