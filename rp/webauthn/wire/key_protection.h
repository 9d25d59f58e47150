// How well the private key of a credential is kept, and how well that was examined. Both are ordered: whoever asks for
// something is content with everything above it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tegata::webauthn::wire {

// FIDO Registry of Predefined Values, section 3.2 (key protection types). The numbers are stored.
enum class KeyProtection : int {
  unproven = 0,  // nobody who is believed says anything
  software = 1,
  hardware = 2,  // of whichever kind
  tee = 3,
  secure_element = 4,
};
std::string_view name_of(KeyProtection);

// `keyProtection` of a metadata statement: the least that its words leave open. remote_handle says where the wrapped
// key lies and not what wraps it, so alone it says nothing, as does a word that is not known here.
KeyProtection parse_key_protection(const std::vector<std::string>& words);

// FIDO Metadata Service 3.1, AuthenticatorStatus: those that tell how a model was examined. The numbers are stored.
enum class Certification : int {
  not_certified = 0,  // or nothing is reported
  self_asserted = 1,
  functional = 2,  // FIDO_CERTIFIED, of before there were levels: interoperable, not examined for security
  l1 = 3,
  l1_plus = 4,
  l2 = 5,
  l2_plus = 6,
  l3 = 7,
  l3_plus = 8,
};
// By the status' name; nothing for statuses of another kind.
std::optional<Certification> find_certification(std::string_view status);
std::string_view name_of(Certification);

// What is known of a credential's key at some moment.
struct KeyStanding {
  KeyProtection protection = KeyProtection::unproven;
  Certification certification = Certification::not_certified;
};
// Whether the key counts as one of hardware for whoever wants its model certified like that.
bool is_hardware(const KeyStanding&, Certification least);

}  // namespace tegata::webauthn::wire
