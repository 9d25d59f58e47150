// `tegata verify registration` and `tegata verify authentication`: one captured ceremony, checked offline by the
// verifier of the server. Reads no configuration, no database and no network.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "rp/base/instant.h"
#include "rp/base/json.h"
#include "rp/base/result.h"

namespace CLI {
class App;
}

namespace tegata::cli::verify {

// The options as they were typed.
struct VerifyArguments {
  std::string rp_id;
  std::vector<std::string> origins;
  std::string challenge;  // base64url
  std::string profile = "standard";
  std::string attestation;        // "ignore", "verify", "trust"; empty: as the profile has it
  std::string trust_anchors;      // file: PEM certificates, or one in DER
  std::string credential_record;  // file: JSON
  std::string user_handle;        // base64url; empty: any is accepted
  std::string time;               // RFC 3339; empty: now
  bool no_uv_allowed = false;
  bool cross_origin_allowed = false;
  bool conditional_create = false;
};

// `response` is a RegistrationResponseJSON or an AuthenticationResponseJSON. The answer is what the command prints:
// "verified": true and the credential record, in a state to keep. Errors: cli_option_invalid for the arguments and
// the files that they name, those of rp/webauthn and rp/base for the ceremony.
Result<Json> verify_captured_registration(const VerifyArguments&, std::string_view response, Instant now);
Result<Json> verify_captured_authentication(const VerifyArguments&, std::string_view response, Instant now);

// What the command prints for an error, and its exit code: 1 for a refused ceremony, 2 for cli_option_invalid.
Json refusal_json(const Error&);
int refusal_exit_code(const Error&);

// Adds `verify` to the program. The response is read from `in`, the verdict written to `out`.
void add_verify_commands(CLI::App& app, int& exit_code, std::istream& in, std::ostream& out);

}  // namespace tegata::cli::verify
