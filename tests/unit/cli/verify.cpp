// `tegata verify`, with a software authenticator for a browser.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rp/cli/verify/verify.h"
#include "rp/sandbox/authenticator/cbor.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::cli::verify_test {
namespace {

using sandbox::authenticator::AttestationChoice;
using webauthn::test::lying;
using webauthn::test::Sample;
using webauthn::test::Behaviour;
using webauthn::test::Lie;

struct Outcome {
  int exit_code = 0;
  std::string text;
  Json json() const { return Json::parse(text); }
  std::string code() const {
    return json()["verified"] == true ? "verified" : json()["error"]["code"].get<std::string>();
  }
};

Outcome run(std::vector<std::string> arguments, const std::string& input) {
  CLI::App app("test", "tegata");
  app.require_subcommand(1);
  std::istringstream in(input);
  std::ostringstream out;
  Outcome outcome;
  verify::add_verify_commands(app, outcome.exit_code, in, out);
  arguments.insert(arguments.begin(), "verify");
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    outcome.exit_code = error.get_exit_code() == 0 ? 0 : 2;
  }
  outcome.text = out.str();
  return outcome;
}

// A folder that goes with the test.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("tegata-verify-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

std::string pem_of(const Bytes& der) {
  std::string text = base64(der);
  for (std::size_t at = 64; at < text.size(); at += 65) text.insert(at, "\n");
  return "-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n";
}

using Arguments = std::vector<std::string>;

Arguments arguments_of(const Sample& sample, const std::string& ceremony, const Bytes& challenge) {
  return {ceremony,
          "--rp-id",
          "localhost",
          "--origin",
          sample.origin,
          "--challenge",
          base64url(challenge),
          "--time",
          "2026-11-21T00:00:00Z"};
}
Arguments registration_of(const Sample& sample) {
  return arguments_of(sample, "registration", sample.registration.challenge);
}
Arguments authentication_of(const Sample& sample, const std::string& record) {
  auto arguments = arguments_of(sample, "authentication", sample.authentication.challenge);
  arguments.insert(arguments.end(), {"--credential-record", record});
  return arguments;
}

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}
// Another value for an option that is there.
Arguments changed(Arguments arguments, const std::string& option, const std::string& value) {
  *(std::find(arguments.begin(), arguments.end(), option) + 1) = value;
  return arguments;
}
Arguments without(Arguments arguments, const std::string& option) {
  const auto at = std::find(arguments.begin(), arguments.end(), option);
  arguments.erase(at, at + 2);
  return arguments;
}

Behaviour attested(AttestationChoice attestation) {
  Behaviour behaviour;
  behaviour.attestation = attestation;
  return behaviour;
}

}  // namespace

TEST_CASE("a captured registration gives the credential record") {
  Sample sample;
  Behaviour behaviour = attested(AttestationChoice::packed_self);
  behaviour.extensions = sandbox::authenticator::CborWriter().map(1).text("credProtect").integer(2).out();
  const Json response = sample.create(behaviour);
  const Outcome outcome = run(registration_of(sample), response.dump());
  CHECK(outcome.exit_code == 0);
  const Json json = outcome.json();
  CHECK(json["verified"] == true);
  const Json& record = json["credential_record"];
  CHECK(record["id"] == response["id"]);
  CHECK(record["type"] == "public-key");
  CHECK(parse_base64url(record["publicKey"].get<std::string>()).has_value());
  CHECK(record["signCount"].is_number_unsigned());
  CHECK(record["uvInitialized"] == true);
  CHECK(record["backupEligible"] == false);
  CHECK(record["backupState"] == false);
  CHECK(record["transports"] == Json::array({"internal"}));
  CHECK(record["attestationFormat"] == "packed");
  CHECK(record["attestationType"] == "self");
  CHECK(record["rpId"] == "localhost");
  CHECK(record["aaguid"].get<std::string>().size() == 36);
  CHECK(json["extensions"]["authenticator"] == Json::array({"credProtect"}));
  CHECK(json["second_verifier"] == "agreed");
}

TEST_CASE("a refused registration names code, clause and step") {
  Sample sample;
  const Outcome outcome = run(registration_of(sample), sample.create(lying(Lie::challenge)).dump());
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.json() == Json{{"verified", false},
                               {"error",
                                {{"code", "webauthn_challenge_mismatch"},
                                 {"clause", "webauthn-3#sctn-registering-a-new-credential: challenge equals"},
                                 {"step", "challenge equals"},
                                 {"detail", ""}}}});
  const Outcome typed = run(registration_of(sample), R"({"id":"YQ"})");
  CHECK(typed.exit_code == 1);
  CHECK(typed.code() == "json_member_missing");
  CHECK(typed.json()["error"]["clause"].get<std::string>().starts_with("webauthn-3#"));
  const Outcome no_json = run(registration_of(sample), "no JSON");
  CHECK(no_json.exit_code == 1);
  CHECK(no_json.code() == "json_malformed");
  CHECK(no_json.json()["error"]["step"] == "its members, typed and bounded");
  CHECK(run(registration_of(sample), std::string(300'000, ' ')).code() == "json_too_large");
}

TEST_CASE("a captured authentication is checked against the answer to its registration, and updates it") {
  Sample sample;
  const Folder folder;
  sample.bind();
  const Json response = sample.create();
  const Outcome registered = run(registration_of(sample), response.dump());
  const std::string record = folder.write("record.json", registered.text);
  const Json assertion = sample.get();
  const Outcome outcome = run(authentication_of(sample, record), assertion.dump());
  CHECK(outcome.exit_code == 0);
  REQUIRE(outcome.code() == "verified");
  const Json before = registered.json()["credential_record"], after = outcome.json()["credential_record"];
  CHECK(after["signCount"] > before["signCount"]);
  CHECK(after["id"] == before["id"]);
  CHECK(outcome.json()["user_handle"] == base64url(sample.user_handle));
  CHECK(outcome.json()["notes"].empty());

  // Again, with what the first one left behind: the counter stands still.
  const std::string updated = folder.write("updated.json", outcome.text);
  const Outcome again = run(authentication_of(sample, updated), assertion.dump());
  CHECK(again.exit_code == 1);
  CHECK(again.code() == "webauthn_counter_went_back");
}

TEST_CASE("a record needs only id and publicKey, and what it says is compared") {
  Sample sample;
  const Folder folder;
  sample.bind();
  const Json least = {{"id", base64url(sample.record.id)}, {"publicKey", base64url(sample.record.public_key)}};
  const auto verify = [&](const Json& record, const Behaviour& behaviour = {}, const Arguments& more = {}) {
    const auto arguments = with(authentication_of(sample, folder.write("r.json", record.dump())), more);
    return run(arguments, sample.get(behaviour).dump());
  };
  Behaviour synced;
  synced.backup_eligible = synced.backup_state = true;
  CHECK(verify(least).code() == "verified");
  const Outcome eligible = verify(least, synced);
  CHECK(eligible.code() == "verified");
  CHECK(eligible.json()["credential_record"]["backupEligible"] == true);
  CHECK(eligible.json()["notes"].size() == 1);
  Json record = least;
  record["backupEligible"] = false;
  CHECK(verify(record, synced).code() == "webauthn_backup_eligibility_changed");
  record = least;
  record["rpId"] = "example.org";
  CHECK(verify(record).code() == "webauthn_rp_id_mismatch");
  record = least;
  record["signCount"] = 4'000'000'000;
  CHECK(verify(record).code() == "webauthn_counter_went_back");
  record = least;
  record["id"] = "YW5vdGhlcg";
  CHECK(verify(record).code() == "webauthn_credential_id_mismatch");
  record = least;
  record["publicKey"] = "oQ";
  const Outcome key = verify(record);
  CHECK(key.exit_code == 1);
  CHECK(key.json()["verified"] == false);
  CHECK(verify(least, lying(Lie::bogus_signature)).code() == "webauthn_signature_invalid");
  CHECK(verify(least, {}, {"--user-handle", base64url(sample.user_handle)}).code() == "verified");
  CHECK(verify(least, {}, {"--user-handle", "YQ"}).code() == "webauthn_user_handle_mismatch");
  Behaviour without_handle;
  without_handle.send_user_handle = false;
  CHECK(verify(least, without_handle).code() == "verified");
}

TEST_CASE("what may be allowed has an option each, and is refused without it") {
  Sample sample;
  const auto verify = [&](const Behaviour& behaviour, const Arguments& more) {
    return run(with(registration_of(sample), more), sample.create(behaviour).dump()).code();
  };
  CHECK(verify(lying(Lie::no_uv), {}) == "webauthn_user_not_verified");
  CHECK(verify(lying(Lie::no_uv), {"--allow-no-uv"}) == "verified");
  CHECK(verify(lying(Lie::no_up), {}) == "webauthn_user_not_present");
  CHECK(verify(lying(Lie::no_up), {"--conditional-create"}) == "verified");
  Behaviour framed;
  framed.edit_client_data = [](std::string& text) {
    Json json = Json::parse(text);
    json["crossOrigin"] = true;
    json["topOrigin"] = "https://ehr.example";
    text = json.dump();
  };
  CHECK(verify(framed, {}) == "webauthn_cross_origin");
  CHECK(verify(framed, {"--allow-cross-origin"}) == "verified");
  CHECK(verify(lying(Lie::origin), {}) == "webauthn_origin_mismatch");
  CHECK(verify({}, {"--origin", "https://other.example"}) == "verified");
  CHECK(run(changed(registration_of(sample), "--origin", "https://other.example"), sample.create().dump()).code() ==
        "webauthn_origin_mismatch");
  CHECK(run(changed(registration_of(sample), "--rp-id", "example.org"), sample.create().dump()).code() ==
        "webauthn_rp_id_mismatch");
}

TEST_CASE("attestation is ignored, verified or trusted, at the time that was given") {
  Sample sample;
  const Folder folder;
  const std::string chain = sample.create(attested(AttestationChoice::packed_x5c)).dump();
  const std::string none = sample.create().dump();
  const Bytes root = sample.authenticator.attestation_root();
  const std::string file = folder.write("roots.pem", "some words\n" + pem_of(root));
  const std::string der = folder.write("root.der", std::string(as_text(root)));
  const std::string others = folder.write("others.pem", pem_of(Sample().authenticator.attestation_root()));
  const auto verify = [&](const std::string& response, const Arguments& more) {
    return run(with(registration_of(sample), more), response);
  };
  const auto type = [](const Outcome& outcome) { return outcome.json()["credential_record"]["attestationType"]; };
  CHECK(type(verify(chain, {})) == "unverified");
  CHECK(type(verify(chain, {"--trust-anchors", file})) == "trusted");
  CHECK(type(verify(chain, {"--trust-anchors", der})) == "trusted");
  CHECK(type(verify(chain, {"--trust-anchors", file, "--attestation", "trust"})) == "trusted");
  CHECK(type(verify(chain, {"--trust-anchors", file, "--profile", "strict"})) == "trusted");
  CHECK(verify(chain, {"--profile", "strict"}).code() == "webauthn_attestation_untrusted");
  CHECK(verify(chain, {"--attestation", "trust"}).code() == "webauthn_attestation_untrusted");
  CHECK(verify(none, {"--attestation", "trust"}).code() == "webauthn_attestation_untrusted");
  CHECK(type(verify(none, {})) == "none");
  const auto late = changed(with(registration_of(sample), {"--trust-anchors", file}), "--time", "2199-01-01T00:00:00Z");
  const Outcome unverified = run(late, chain);
  CHECK(type(unverified) == "unverified");
  CHECK(unverified.json()["notes"].size() == 1);
  CHECK(run(with(late, {"--attestation", "trust"}), chain).code() == "webauthn_attestation_untrusted");

  Behaviour bogus = attested(AttestationChoice::packed_x5c);
  bogus.lie = Lie::bogus_signature;
  const std::string wrong = sample.create(bogus).dump();
  CHECK(verify(wrong, {}).code() == "webauthn_attestation_signature_invalid");
  CHECK(verify(wrong, {"--attestation", "ignore"}).code() == "verified");
}

TEST_CASE("wrong usage is exit code 2, and says what is wrong") {
  Sample sample;
  const Folder folder;
  sample.bind();
  const std::string response = sample.create().dump();
  const Arguments good = registration_of(sample);
  for (const char* option : {"--rp-id", "--origin", "--challenge"})
    CHECK(run(without(good, option), response).exit_code == 2);
  for (const Arguments& more : {Arguments{"--profile", "lax"}, {"--attestation", "some"}, {"--unknown"}, {"file"}}) {
    CHECK(run(with(good, more), response).exit_code == 2);
  }
  const auto check = [&](const Arguments& arguments) {
    const Outcome outcome = run(arguments, response);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.code() == "cli_option_invalid");
  };
  check(changed(good, "--challenge", "a+b/"));
  check(changed(good, "--challenge", ""));
  check(changed(good, "--time", "yesterday"));
  check(with(good, {"--trust-anchors", folder.write("empty.pem", "no certificate")}));
  check(with(good, {"--trust-anchors", folder.write("half.pem", "-----BEGIN CERTIFICATE-----\nMII")}));
  check(with(good, {"--trust-anchors", "/no/such/file"}));
  check(authentication_of(sample, "/no/such/file"));
  const std::string id = base64url(sample.record.id), key = base64url(sample.record.public_key);
  for (const Json& record : {Json::object(), Json::array(), Json{{"id", id}}, Json{{"id", id}, {"publicKey", 1}},
                             Json{{"id", id}, {"publicKey", key}, {"signCount", -1}},
                             Json{{"id", id}, {"publicKey", key}, {"signCount", 5'000'000'000}},
                             Json{{"id", id}, {"publicKey", key}, {"backupEligible", "no"}}}) {
    check(authentication_of(sample, folder.write("bad.json", record.dump())));
  }
  check(authentication_of(sample, folder.write("bad.json", "{")));
  CHECK(run(without(authentication_of(sample, "x"), "--credential-record"), response).exit_code == 2);
  CHECK(run({"registration", "--help"}, "").exit_code == 0);
}

TEST_CASE("a challenge that begins with a hyphen is no option") {
  Sample sample;
  sample.registration.challenge = {0xfb, 0xef, 0xbe};
  REQUIRE(base64url(sample.registration.challenge).starts_with("--"));
  CHECK(run(registration_of(sample), sample.create().dump()).code() == "verified");
}

}  // namespace tegata::cli::verify_test
