#include "rp/sandbox/authenticator_chain.h"

#include <utility>

namespace tegata::sandbox {

Profile chain_profile(const Name& subject) {
  Profile profile;
  profile.subject = subject;
  profile.not_before = from_unix_seconds(1'577'836'800);
  profile.not_after = from_unix_seconds(4'102'444'800);
  return profile;
}

Identity issue_intermediate(const Identity& root) {
  Profile profile = chain_profile({{"C", "JP"}, {"O", "Tegata Sandbox"}, {"CN", "Sample Attestation CA"}});
  profile.extensions = {{"basicConstraints", "critical,CA:TRUE,pathlen:0"}, {"keyUsage", "critical,keyCertSign"}};
  const Key key = p256_key();
  return {key, issue(profile, key, root)};
}

void write_x5c(CborWriter& statement, const Certificate& leaf, const Certificate& intermediate,
               const Behaviour& behaviour) {
  Bytes first = der(leaf), second = der(intermediate);
  if (behaviour.lie == Lie::x5c_order) std::swap(first, second);
  statement.text("x5c").array(2).bytes(first).bytes(second);
}

}  // namespace tegata::sandbox
