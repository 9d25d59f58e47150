// Doors of what browsers and authenticators send: captured ceremonies, and the payload of a SafetyNet statement.
#include <filesystem>

#include "rp/cli/verify/verify.h"
#include "tests/readers/doors.h"
#include "tests/support/vectors.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::test {
namespace {

cli::verify::VerifyArguments captured_at_example() {
  cli::verify::VerifyArguments out;
  out.rp_id = "example.org";
  out.origins = {"https://example.org"};
  out.challenge = base64url(Bytes(32, 1));
  return out;
}

Opened captured_authentication(const std::string& text) {
  auto arguments = captured_at_example();
  arguments.credential_record =
      (vectors::folder().parent_path() / "cases" / "auth_nul_then_second.record.json").string();
  return opened(cli::verify::verify_captured_authentication(arguments, text, still_moment));
}

Opened safetynet_payload(const std::string& text) {
  webauthn::test::Sample sample;
  sample.registration.policy.android_safetynet_allowed = true;
  auto behaviour = webauthn::test::attesting(sandbox::authenticator::AttestationChoice::android_safetynet);
  behaviour.now = still_moment;
  behaviour.edit_response = [&](Json&, std::string& payload) {
    payload = filled(text, "@", members_of(Json::parse(payload)));
  };
  return opened(sample.enrol(behaviour));
}

}  // namespace

std::vector<Door> attestation_doors() {
  return {
      {"json", "payload of a SafetyNet statement", "webauthn_attestation_statement_malformed", safetynet_payload},
      {"captured ceremony", "registration", "",
       [](auto& text) {
         return opened(cli::verify::verify_captured_registration(captured_at_example(), text, still_moment));
       }},
      {"captured ceremony", "authentication", "", captured_authentication},
  };
}

}  // namespace tegata::test
