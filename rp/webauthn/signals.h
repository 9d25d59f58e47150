// What a relying party tells browsers, so that they forget and rename credentials: the arguments of the signal methods
// of PublicKeyCredential (WebAuthn Level 3 section 5.1.10). A browser answers nothing to them.
#pragma once

#include <vector>

#include "rp/webauthn/options.h"

namespace tegata::webauthn {

// UnknownCredentialOptions, for signalUnknownCredential: this credential is not registered here (any more). Only for
// whoever presented it or owns it: to others it says which credentials are registered.
Json unknown_credential_signal(const std::string& rp_id, const Bytes& credential_id);

// AllAcceptedCredentialsOptions, for signalAllAcceptedCredentials: whatever the user has besides these is hidden.
// Only for the user, signed in: browsers drop a credential that the list forgets.
Json all_accepted_credentials_signal(const std::string& rp_id, const Bytes& user_handle,
                                     const std::vector<CredentialRecord>& accepted);

// CurrentUserDetailsOptions, for signalCurrentUserDetails: how the account picker names the user.
Json current_user_details_signal(const std::string& rp_id, const CreationUser& user);

}  // namespace tegata::webauthn
