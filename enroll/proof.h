// A bound phone proves itself to our own pages: one assertion outside of an activation.
#pragma once

#include "enroll/services.h"
#include "rp/webauthn/authentication.h"

namespace tegata::enroll {

// PublicKeyCredentialRequestOptionsJSON. `allowed` empty: the phone offers what it has.
Json proof_options(const Services&, const Bytes& challenge, const std::vector<webauthn::CredentialRecord>& allowed,
                   std::chrono::milliseconds timeout);

// An assertion that was right, by a phone that is bound to somebody in good standing.
struct Proof {
  store::BoundCredential phone;
  store::Practitioner person;
  webauthn::VerifiedAuthentication assertion;
};
// Errors: all of webauthn::verify_authentication; devices_credential_unknown, devices_person_not_in_good_standing,
// devices_model_unwanted; devices_credential_removed, where the signature was right: only the phone that holds the key
// hears of it.
Result<Proof> verify_proof(const Services&, const webauthn::AuthenticationResponse&, const Bytes& challenge,
                           const std::vector<Bytes>& allowed);

// Sign count, backup state and time of use, if phone and person still stand. Errors: devices_credential_changed (or
// removed meanwhile), devices_person_not_in_good_standing.
Status note_use(store::Transaction&, const Proof&);

// Whether a refusal comes before the signature was found right: whoever sent it is a stranger, and gets one answer.
bool is_unproven(const Error&);

}  // namespace tegata::enroll
