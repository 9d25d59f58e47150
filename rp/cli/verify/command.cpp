// The options of `tegata verify`, and its way from standard input to standard output.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "rp/cli/verify/verify.h"
#include "rp/server/running/system.h"

namespace tegata::cli::verify {
namespace {

// One byte more than the verifier takes, so that it can say so.
std::string read_bounded(std::istream& in) {
  std::string text(256 * 1024 + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

using Verify = Result<Json> (*)(const VerifyArguments&, std::string_view, Instant);

int run(Verify verify, const VerifyArguments& arguments, std::istream& in, std::ostream& out) {
  const server::running::SystemClock clock;
  const auto verdict = verify(arguments, read_bounded(in), clock.now());
  const Json printed = verdict ? *verdict : refusal_json(verdict.error());
  out << printed.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  if (!verdict && refusal_exit_code(verdict.error()) == 2) std::cerr << "tegata: " << verdict.error().detail() << "\n";
  return verdict ? 0 : refusal_exit_code(verdict.error());
}

// Both take the same options, so that a script can keep one list of them.
CLI::App* add_ceremony(CLI::App& verify, const char* name, const char* what, VerifyArguments& arguments) {
  auto* command = verify.add_subcommand(name, what);
  command->add_option("--rp-id", arguments.rp_id, "RP ID, e.g. example.org")->required();
  command->add_option("--origin", arguments.origins, "an origin that is expected; may be given several times")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--challenge", arguments.challenge, "the challenge that was given out, in base64url")->required();
  command->add_option("--profile", arguments.profile, "named set of policies")
      ->check(CLI::IsMember({"standard", "strict", "fido-conformance", "w3c"}))
      ->capture_default_str();
  command
      ->add_option("--attestation", arguments.attestation,
                   "ignore: the statement is not judged; verify: its signature must be right; trust: and a path "
                   "must end at an anchor; default: as the profile has it (standard: verify)")
      ->check(CLI::IsMember({"ignore", "verify", "trust"}));
  command->add_option("--trust-anchors", arguments.trust_anchors, "file of certificates: PEM, or one in DER");
  command->add_option("--time", arguments.time, "moment at which to verify (RFC 3339); default: now");
  command->add_flag("--allow-no-uv", arguments.no_uv_allowed, "user verification was not required");
  command->add_flag("--allow-cross-origin", arguments.cross_origin_allowed,
                    "the page may have been in a frame, whatever stood around it");
  command->add_flag_function(
      "--json", [](std::int64_t) {}, "answer in JSON (it always does)");
  return command;
}

void add_registration(CLI::App& verify, const std::shared_ptr<VerifyArguments>& arguments) {
  auto* command = add_ceremony(verify, "registration", "a RegistrationResponseJSON on standard input", *arguments);
  command->add_flag("--conditional-create", arguments->conditional_create,
                    "the server asked for mediation \"conditional\", so nobody needs to have been present");
  command->footer(
      "Example:\n  tegata verify registration --rp-id example.org --origin https://example.org \\\n"
      "      --challenge AMMPt4Ux... --attestation trust --trust-anchors roots.pem < registration.json > record.json");
}

void add_authentication(CLI::App& verify, const std::shared_ptr<VerifyArguments>& arguments) {
  auto* command = add_ceremony(verify, "authentication", "an AuthenticationResponseJSON on standard input", *arguments);
  command
      ->add_option("--credential-record", arguments->credential_record,
                   "file: the record as JSON, or the answer to a registration. Needs id and publicKey (COSE, "
                   "base64url); signCount, backupEligible and rpId are compared where they are there")
      ->required();
  command->add_option("--user-handle", arguments->user_handle, "the owner's, in base64url; default: any");
  command->footer(
      "Example:\n  tegata verify authentication --rp-id example.org --origin https://example.org \\\n"
      "      --challenge OcDnUhQX... --credential-record record.json < authentication.json");
}

}  // namespace

void add_verify_commands(CLI::App& app, int& exit_code, std::istream& in, std::ostream& out) {
  const auto arguments = std::make_shared<VerifyArguments>();
  auto* verify = app.add_subcommand("verify", "check one captured ceremony offline, and name the step that fails");
  verify->require_subcommand(1);
  add_registration(*verify, arguments);
  add_authentication(*verify, arguments);
  const auto bind = [&, arguments](const char* name, Verify what) {
    verify->get_subcommand(name)->callback(
        [&exit_code, &in, &out, arguments, what] { exit_code = run(what, *arguments, in, out); });
  };
  bind("registration", verify_captured_registration);
  bind("authentication", verify_captured_authentication);
}

}  // namespace tegata::cli::verify
