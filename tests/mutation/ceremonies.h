// Recorded ceremonies of others (tests/support/vectors.h), made ready to be verified again and again.
#pragma once

#include <string>
#include <vector>

#include "rp/webauthn/authentication.h"

namespace tegata::mutation {

struct Registration {
  std::string name;
  webauthn::ExpectedRegistration expected;  // acceptance `trust` where the anchor is known, else `verify`
  webauthn::RegistrationResponse response;
};

struct Assertion {
  std::string name;
  webauthn::ExpectedAuthentication expected;
  webauthn::AuthenticationResponse response;
  webauthn::CredentialRecord record;
};

struct Ceremonies {
  std::vector<Registration> registrations;
  std::vector<Assertion> assertions;
};

// Those that verify unchanged, under the `w3c` policy; the others are counted in `refused`, by code.
// Empty where the folder is absent.
struct Loaded {
  Ceremonies good;
  std::vector<std::string> refused;  // "name: code"
};
Loaded load_ceremonies(const std::string& folder);

// Our verdict on it.
Status judge(const Registration&);
Status judge(const Assertion&, const webauthn::PublicKey& key);
// "accepted", or the code of the refusal.
std::string verdict(const Status&);

}  // namespace tegata::mutation
