// WebAuthn Level 3 section 7.1, registering a new credential. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rp/base/instant.h"
#include "rp/base/json.h"
#include "rp/base/result.h"
#include "rp/webauthn/credential_record.h"
#include "rp/webauthn/wire/policy.h"

namespace tegata::webauthn::metadata {
class Metadata;
}  // namespace tegata::webauthn::metadata

namespace tegata::webauthn {

// What the relying party expected when it made the options.
struct ExpectedRegistration {
  std::string rp_id;
  std::vector<std::string> origins;  // serialised, compared as whole strings
  Bytes challenge;
  wire::Policy policy;
  std::vector<std::int64_t> algorithms = {-8, -7, -257};
  std::vector<std::string> top_origins;                 // which frames are expected, where the policy allows any
  std::vector<std::string> extensions = {"credProps"};  // identifiers that were asked for
  std::vector<Bytes> anchors;                           // DER certificates
  const metadata::Metadata* metadata = nullptr;         // verified; what is known of a model, and its anchors
  bool conditional_create = false;                      // the mediation that the server asked for
  // What the options ask for; the browser's report of anything else is refused, its silence is not.
  std::string authenticator_attachment = "platform";  // empty: any
  bool resident_key_required = true;
  // Wishes that no response can break.
  std::vector<std::string> hints = {"client-device"};
  std::vector<std::string> attestation_formats;  // the most wanted first
  Instant now{};
};

// A RegistrationResponseJSON as a browser sent it: parsed, typed, bounded, not judged.
struct RegistrationResponse {
  Bytes id;
  Bytes client_data_json;
  Bytes attestation_object;
  std::vector<std::string> transports;
  std::string authenticator_attachment;
  Json client_extension_results = Json::object();
};
Result<RegistrationResponse> parse_registration_response(const Json& json);

// Made by verify_registration alone.
class VerifiedRegistration {
 public:
  const CredentialRecord& record() const { return record_; }
  bool user_verified() const { return record_.uv_initialized; }
  // What the second, independent verifier (libfido2) said: "agreed" or "not_comparable".
  const std::string& second_opinion() const { return second_opinion_; }

 private:
  friend class RegistrationVerifier;
  VerifiedRegistration() = default;
  CredentialRecord record_;
  std::string second_opinion_;
};

// The second opinion on a registration whose first one was good. Answers "agreed", "refuted" or "not_comparable".
using SecondVerifier = std::string (*)(const ExpectedRegistration&, const RegistrationResponse&);
std::string libfido2_second_opinion(const ExpectedRegistration&, const RegistrationResponse&);

// Every error names the clause. A refuting second verifier is webauthn_second_verifier_veto (raise an alarm).
// Whether the credential ID is new is for the store to say.
Result<VerifiedRegistration> verify_registration(const ExpectedRegistration&, const RegistrationResponse&,
                                                 SecondVerifier second = libfido2_second_opinion);

}  // namespace tegata::webauthn
