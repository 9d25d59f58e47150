// An attestation chain of three for the software authenticator, any part of which a test may make wrong.
#pragma once

#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test::conformance {

inline constexpr std::int64_t chain_begins = 1'700'000'000, chain_ends = 1'900'000'000;

inline sandbox::Profile chain_profile(const sandbox::Name& subject, const char* constraints) {
  sandbox::Profile profile;
  profile.subject = subject;
  profile.not_before = from_unix_seconds(chain_begins);
  profile.not_after = from_unix_seconds(chain_ends);
  profile.extensions = {{"basicConstraints", constraints}};
  return profile;
}

struct Chain {
  sandbox::Profile root_profile = chain_profile({{"C", "JP"}, {"CN", "Sample Root"}}, "critical,CA:TRUE");
  sandbox::Profile between_profile = chain_profile({{"C", "JP"}, {"CN", "Sample Between"}}, "critical,CA:TRUE");
  sandbox::Profile leaf_profile = chain_profile(
      {{"C", "JP"}, {"O", "Sample"}, {"OU", "Authenticator Attestation"}, {"CN", "Sample Batch"}}, "CA:FALSE");
  sandbox::Identity root, between, leaf;

  Chain() { issue_all(); }
  explicit Chain(const std::function<void(Chain&)>& change) {
    change(*this);
    issue_all();
  }
  Bytes root_der() const { return sandbox::der(root.certificate); }
  Bytes between_der() const { return sandbox::der(between.certificate); }
  Bytes leaf_der() const { return sandbox::der(leaf.certificate); }

 private:
  static sandbox::Identity issued(const sandbox::Profile& profile, const sandbox::Identity& issuer) {
    const auto key = sandbox::p256_key();
    return {key, sandbox::issue(profile, key, issuer)};
  }
  void issue_all() {
    root = sandbox::issue_self_signed(root_profile, sandbox::p256_key());
    between = issued(between_profile, root);
    leaf = issued(leaf_profile, between);
  }
};

// A relying party that trusts the root of `chain`, and an authenticator that shows leaf and intermediate.
inline void trust(Sample& sample, const Chain& chain) {
  sample.registration.policy.attestation = AttestationAcceptance::trust;
  sample.registration.anchors = {chain.root_der()};
  sample.authenticator.set_attestation(chain.leaf.key, {chain.leaf_der(), chain.between_der()});
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
