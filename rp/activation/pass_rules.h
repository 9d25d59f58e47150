// What a pass of one activation says and how long it holds; used by the token endpoint, and by the phone to show it.
#pragma once

#include "rp/activation/dpop.h"
#include "rp/store/facilities.h"
#include "rp/store/practitioners.h"

namespace tegata::activation {

// What stands behind an activation, read in one view.
struct Requester {
  store::Facility facility;
  std::optional<store::ClientCertificate> certificate;  // that the request was begun with, or is redeemed with
  Instant card_end = Instant::max();                    // of the card that approved, if one did
};
// Error: activation_requester_not_in_good_standing where something is gone.
Result<Requester> find_requester(store::Reader&, const store::Handoff&);

// Until when a pass issued at that moment would hold; without a person as far as it depends on the requester.
Result<Instant> pass_until(const Requester&, const store::Practitioner*, Instant issued_at);

// What the approval proved, as kept with the hand-off; `card_end` where a card did it.
Json evidence_json(const pass::Evidence&, Instant auth_time, std::optional<Instant> card_end = std::nullopt);

// The role that the pass will name: one of the second certificate's. Nothing where the person has to choose.
// Error: activation_role_unknown.
Result<std::optional<std::string>> chosen_role(const store::Practitioner&, const std::optional<std::string>& wanted);
// What the approval keeps of it: nothing of a person without roles.
std::vector<std::string> roles_of(const std::string& chosen_role);
// The question for whoever has to choose.
Json role_question(const store::Practitioner&);

// The claims of the pass of an approved activation. Errors: activation_pass_without_time and those of pass_until.
Result<pass::Claims> pass_claims(const Settings&, const store::Handoff&, Requester, const store::Practitioner&,
                                 const Binding&, const std::string& jti, const std::string& sid, Instant now);

}  // namespace tegata::activation
