#include "rp/webauthn/wire/key_protection.h"

#include <algorithm>
#include <array>

namespace tegata::webauthn::wire {
namespace {

struct StatusName {
  std::string_view name;
  Certification certification;
};
// The first name of a certification is its own.
constexpr std::array status_names{
    StatusName{"NOT_FIDO_CERTIFIED", Certification::not_certified},
    StatusName{"SELF_ASSERTION_SUBMITTED", Certification::self_asserted},
    StatusName{"FIDO_CERTIFIED", Certification::functional},
    StatusName{"FIDO_CERTIFIED_L1", Certification::l1},
    StatusName{"FIDO_CERTIFIED_L1plus", Certification::l1_plus},
    StatusName{"FIDO_CERTIFIED_L2", Certification::l2},
    StatusName{"FIDO_CERTIFIED_L2plus", Certification::l2_plus},
    StatusName{"FIDO_CERTIFIED_L3", Certification::l3},
    StatusName{"FIDO_CERTIFIED_L3plus", Certification::l3_plus},
    StatusName{"RETIRED", Certification::not_certified},  // nobody answers for it any more
};

}  // namespace

std::string_view name_of(KeyProtection protection) {
  switch (protection) {
    case KeyProtection::software:
      return "software";
    case KeyProtection::hardware:
      return "hardware";
    case KeyProtection::tee:
      return "tee";
    case KeyProtection::secure_element:
      return "secure_element";
    case KeyProtection::unproven:
      break;
  }
  return "unproven";
}

KeyProtection parse_key_protection(const std::vector<std::string>& words) {
  const auto says = [&](std::string_view word) { return std::ranges::find(words, word) != words.end(); };
  // "hardware" stands beside the kind of hardware; software excludes it, and TEE and secure element each other.
  for (const auto least :
       {KeyProtection::software, KeyProtection::tee, KeyProtection::secure_element, KeyProtection::hardware}) {
    if (says(name_of(least))) return least;
  }
  return KeyProtection::unproven;
}

std::optional<Certification> find_certification(std::string_view status) {
  const auto known = std::ranges::find(status_names, status, &StatusName::name);
  return known == status_names.end() ? std::nullopt : std::optional(known->certification);
}

std::string_view name_of(Certification certification) {
  return std::ranges::find(status_names, certification, &StatusName::certification)->name;
}

bool is_hardware(const KeyStanding& key, Certification least) {
  return key.protection >= KeyProtection::hardware && key.certification >= least;
}

}  // namespace tegata::webauthn::wire
