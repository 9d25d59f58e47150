// What a relying party accepts, as values. The zero value of every member is the strictest; a profile is a set of
// values with a name.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rp/base/bytes.h"

namespace tegata::webauthn::wire {

enum class UserVerification { required, preferred, discouraged };

enum class AttestationAcceptance {
  trust,   // the statement's signature must be right, and a path from it must end at an anchor
  verify,  // the signature must be right; "none" and self attestation are accepted
  ignore,  // the statement is parsed, not judged (offline debugging only)
};

// What a counter that did not grow means.
enum class CounterPolicy { reject, signal, ignore };

// Authenticator extension outputs that nobody asked for.
enum class UnsolicitedExtensions { refuse, ignore };

// Which authenticator models may register, by AAGUID (16 bytes each). Denied wins. Where others are not allowed the
// attestation must end at an anchor, too: nothing else proves an AAGUID. `denied` keeps out the honest alone.
struct AaguidPolicy {
  bool others_allowed = false;  // those that stand in neither list
  std::vector<Bytes> allowed;
  std::vector<Bytes> denied;
};

struct Policy {
  UserVerification user_verification{};
  AttestationAcceptance attestation{};
  CounterPolicy counter{};
  UnsolicitedExtensions unsolicited_extensions{};
  AaguidPolicy aaguids{};
  bool backup_eligible_allowed = false;  // synced credentials
  // Framed ceremonies: crossOrigin true, and a topOrigin that stands in no list.
  bool cross_origin_allowed = false;
  bool any_top_origin_allowed = false;
  // Level 3 made tokenBinding a reserved member. Not ignored: it must be well-formed, as Level 2 had it.
  bool token_binding_ignored = false;
  // Older conformance tests send assertions with UP clear; Level 3 forbids them.
  bool assertion_without_user_presence_allowed = false;
  // Attestation statements. None of these makes anything trusted; each accepts what Level 3 leaves to the relying
  // party.
  bool android_safetynet_allowed = false;     // deprecated
  bool android_key_software_allowed = false;  // authorizations outside the secure hardware
  bool android_key_without_authorizations_allowed = false;
  bool fido_u2f_aaguid_allowed = false;           // an AAGUID that is not zero
  bool tpm_manufacturer_unknown_allowed = false;  // one that the TCG's registry does not know
  bool known_model_untrusted_allowed = false;  // metadata vouches for the model, but the path reaches no anchor of it
  bool root_in_x5c_allowed = false;            // a self-signed certificate in x5c: carried, never an anchor
};

// Phones of practitioners: synced credentials and "none" are accepted, whatever is signed must be right.
Policy standard_policy();
// Device-bound and attested: a path to an anchor, no synced credentials. All zero but for the AAGUIDs, which
// the anchors choose.
Policy strict_policy();
// As the FIDO Alliance's server conformance tests want it where they differ from Level 3.
Policy fido_conformance_policy();
// Accepts every ceremony of the test vectors in Level 3.
Policy w3c_policy();

// By name: standard, strict, fido-conformance, w3c.
std::optional<Policy> find_policy(std::string_view name);

}  // namespace tegata::webauthn::wire
