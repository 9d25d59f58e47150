#include "rp/sandbox/authenticator/chain.h"

#include <utility>

namespace tegata::sandbox::authenticator {

test_pki::Profile chain_profile(const test_pki::Name& subject) {
  test_pki::Profile profile;
  profile.subject = subject;
  profile.not_before = from_unix_seconds(1'577'836'800);
  profile.not_after = from_unix_seconds(4'102'444'800);
  return profile;
}

test_pki::Identity issue_intermediate(const test_pki::Identity& root) {
  test_pki::Profile profile = chain_profile({{"C", "JP"}, {"O", "Tegata Sandbox"}, {"CN", "Sample Attestation CA"}});
  profile.extensions = {{"basicConstraints", "critical,CA:TRUE,pathlen:0"}, {"keyUsage", "critical,keyCertSign"}};
  const test_pki::Key key = test_pki::p256_key();
  return {key, test_pki::issue(profile, key, root)};
}

void write_x5c(CborWriter& statement, const test_pki::Certificate& leaf, const test_pki::Certificate& intermediate,
               const Behaviour& behaviour) {
  Bytes first = test_pki::der(leaf), second = test_pki::der(intermediate);
  if (behaviour.lie == Lie::x5c_order) std::swap(first, second);
  statement.text("x5c").array(2).bytes(first).bytes(second);
}

}  // namespace tegata::sandbox::authenticator
