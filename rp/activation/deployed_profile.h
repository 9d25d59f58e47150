// The profile of the national system as it is deployed, for EHRs that cannot change yet. WEAK, and off unless it is
// configured: its clients FIDO, HPKI and JPKI are public (nobody proves to be one), all facilities share them, the
// browser goes back in the clear, and the pass is the ID token, bound to nothing: whoever has it, uses it.
//
// What is particular to it stands here; the endpoints only ask. Its clients get in at /authorize, /token and /revoke,
// and nowhere else.
#pragma once

#include "rp/activation/redemption.h"

namespace tegata::activation {

inline constexpr std::string_view no_authentication = "none";  // the way of these clients, and of no others

// By which method a client of the profile lets people approve: "key" (phone or passkey), "card", "mynumber". Nothing
// for other clients, and for all while the profile is off.
std::optional<std::string> deployed_method(const Settings&, const std::string& client_id);

// A client that is not of the profile, or the profile is on. Error: activation_client_inactive.
Status verify_deployed_standing(const Settings&, const store::Client&);

// Whether a request that began under the profile may be approved like that. Error: activation_method_not_offered.
Status verify_method(const store::Handoff&, std::string_view how);

// Whether they can be put in place. Errors: activation_facility_inactive (it does not exist),
// activation_client_not_allowed (a name is taken).
Status verify_deployed_clients(store::Reader&, const DeployedProfile&);

// The three clients as they are configured, where they are not so already. A client that was suspended stays so.
// Errors: activation_facility_inactive (it does not exist), activation_client_not_allowed (a name is taken).
Status put_deployed_clients(store::Store&, const DeployedProfile&);

// Who sends this form to /token or /revoke: a client of the profile by its name alone, any other by what proves it.
// Errors: activation_client_method, and those of authenticate_client.
Result<AuthenticatedClient> named_or_authenticated(const Services&, const http::Request&, const Form&,
                                                   store::Purpose purpose = store::Purpose::upkeep);
// Bound to nothing.
bool is_deployed(const AuthenticatedClient&);

// The answer of /token: the ID token, with the pass's life, is the pass.
Result<Json> deployed_answer(const Services&, const Poll&, const Redeemed&);

// The answer of /introspect for an ID token of the profile. Errors: those of verify_jws, activation_pass_*.
Result<Json> introspect_deployed(store::Reader&, const Settings&, const store::Client& caller, const std::string& token,
                                 const pass::KeySet&, Instant now);

}  // namespace tegata::activation
