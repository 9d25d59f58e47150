// A security key through libfido2, held against the rules of the relying party.
#include "rp/sandbox/security_key.h"

#include <catch2/catch.hpp>

#include "rp/webauthn/authentication.h"
#include "rp/webauthn/options.h"
#include "tests/support/security_key/stand_in.h"
#include "tests/support/still_world.h"

namespace tegata::test {
namespace {

struct Desk {
  RepeatableRandom random;
  std::string origin = "https://localhost:8443", rp_id = "localhost";
  Bytes user = Bytes(32, 7), challenge = Bytes(32, 9);
  webauthn::CredentialRecord record;
  StandInKey stand_in;
  std::vector<std::string> typed;     // PINs that will be typed
  std::vector<std::string> troubles;  // what each asking said
  int touches = 0;

  explicit Desk(KeyModel model) : stand_in(std::move(model), random) {}

  sandbox::SecurityKey open(bool verify_user = true) {
    const auto pin = [this](const std::string& trouble) -> Result<std::string> {
      troubles.push_back(trouble);
      if (typed.empty()) return Error(ErrorCode("nobody_typed"));
      std::string next = typed.front();
      typed.erase(typed.begin());
      return next;
    };
    auto key = sandbox::SecurityKey::open(stand_in.path(), verify_user, {.pin = pin, .touch = [this] { ++touches; }});
    REQUIRE(key);
    return std::move(*key);
  }
  webauthn::ExpectedRegistration expected_registration() const {
    webauthn::ExpectedRegistration expected;
    expected.rp_id = rp_id;
    expected.origins = {origin};
    expected.challenge = challenge;
    expected.policy = webauthn::wire::standard_policy();
    return expected;
  }
  Json creation(const std::string& attestation = "direct", std::vector<webauthn::CredentialRecord> known = {}) const {
    return webauthn::creation_options(expected_registration(), "検証機関", {user, "kensho", "検証 太郎"}, known,
                                      attestation, 5000);
  }
  std::string enrol(sandbox::SecurityKey& key, const Json& options) {
    const auto made = key.create(options, origin);
    if (!made) return std::string(made.error().code().name());
    const auto verified =
        webauthn::verify_registration(expected_registration(), webauthn::parse_registration_response(*made).value());
    if (!verified) return std::string(verified.error().code().name());
    record = verified->record();
    return verified->second_opinion();
  }
  // `listed`: the credential is named in allowCredentials.
  std::string sign_in(sandbox::SecurityKey& key, bool listed) {
    webauthn::ExpectedAuthentication expected;
    expected.rp_id = rp_id;
    expected.origins = {origin};
    expected.challenge = challenge;
    expected.policy = webauthn::wire::standard_policy();
    if (listed) expected.allow_credentials = {record.id};
    const auto made = key.get(webauthn::request_options(expected, 5000, {record}), origin);
    if (!made) return std::string(made.error().code().name());
    const auto verified =
        webauthn::verify_authentication(expected, webauthn::parse_authentication_response(*made).value(), record, user,
                                        webauthn::PublicKey::parse(record.public_key).value());
    return verified ? "accepted" : std::string(verified.error().code().name());
  }
};

std::string words(const Result<Json>& answer) { return answer ? "accepted" : answer.error().detail(); }

}  // namespace

TEST_CASE("a security key with a reader of its own registers, and signs in with and without a list") {
  Desk desk({.own_reader = true});
  auto key = desk.open();
  CHECK(desk.enrol(key, desk.creation()) == "agreed");
  CHECK(desk.record.attestation_format == "packed");
  CHECK(desk.record.uv_initialized);
  CHECK(desk.sign_in(key, true) == "accepted");
  CHECK(desk.sign_in(key, false) == "accepted");
  CHECK(desk.touches == 3);
  CHECK(desk.troubles.empty());
}

TEST_CASE("a security key is asked for the first algorithm that it lists, an older one for ES256") {
  Desk desk({.own_reader = true, .algorithms = {-257, -7}, .lists_algorithms = true});
  auto key = desk.open();
  CHECK(desk.enrol(key, desk.creation()) == "agreed");
  CHECK(desk.record.algorithm == -7);
  Desk rsa({.own_reader = true, .algorithms = {-257}, .lists_algorithms = true});
  auto other = rsa.open();
  CHECK(rsa.enrol(other, rsa.creation()) == "agreed");
  CHECK(rsa.record.algorithm == -257);
  CHECK(rsa.touches == 1);
  Desk none({.own_reader = true, .algorithms = {-47}, .lists_algorithms = true});
  auto third = none.open();
  CHECK(none.enrol(third, none.creation()) == "authenticator_algorithm_unsupported");
  CHECK(none.touches == 0);
}

TEST_CASE("a security key that nobody asked to vouch for its credential does not") {
  Desk desk({.own_reader = true});
  auto key = desk.open();
  CHECK(desk.enrol(key, desk.creation("none")) == "not_comparable");
  CHECK(desk.record.attestation_format == "none");
  CHECK(desk.sign_in(key, true) == "accepted");
}

TEST_CASE("a security key that was asked for no discoverable credential is found by its ID alone") {
  Desk desk({.own_reader = true});
  auto key = desk.open();
  auto options = desk.creation();
  options["authenticatorSelection"]["residentKey"] = "discouraged";
  CHECK(desk.enrol(key, options) == "agreed");
  CHECK(desk.sign_in(key, false) == "authenticator_no_credential");
  CHECK(desk.sign_in(key, true) == "accepted");
}

TEST_CASE("a security key whose reader does not know its person takes the PIN; without one it says no") {
  Desk desk({.own_reader = true, .reader_works = false, .pin = "2468"});
  desk.typed = {"2468"};
  auto key = desk.open();
  CHECK(desk.enrol(key, desk.creation()) == "agreed");
  CHECK(desk.record.uv_initialized);
  CHECK(desk.troubles == std::vector<std::string>{"the key's reader did not know you"});
  CHECK(desk.touches == 2);
  Desk bare({.own_reader = true, .reader_works = false});
  auto other = bare.open();
  CHECK(words(other.create(bare.creation(), bare.origin)) == "the key's reader did not know you (FIDO_ERR_UV_INVALID)");
}

TEST_CASE("a security key without a reader takes its PIN, and says what is wrong with it") {
  Desk desk({.pin = "2468"});
  desk.typed = {"1111", "2468", "2468"};
  auto key = desk.open();
  CHECK(desk.enrol(key, desk.creation()) == "agreed");
  CHECK(desk.record.uv_initialized);
  CHECK(desk.troubles == std::vector<std::string>{"", "wrong PIN; 7 tries left before the key locks itself"});
  CHECK(desk.sign_in(key, false) == "accepted");
  CHECK(desk.typed.empty());
  // Nobody at the keyboard.
  CHECK(desk.sign_in(key, false) == "nobody_typed");
}

TEST_CASE("a security key that wants to be plugged in anew says so") {
  Desk desk({.pin = "2468"});
  desk.typed = {"1111", "2222", "3333", "2468"};
  auto key = desk.open();
  const auto answer = key.create(desk.creation(), desk.origin);
  CHECK(words(answer) == "three wrong PINs: pull the key out and plug it in again (FIDO_ERR_PIN_AUTH_BLOCKED)");
  CHECK(answer.error().code().name() == "security_key_refused");
  CHECK(desk.typed == std::vector<std::string>{"2468"});
}

TEST_CASE("a security key that cannot know its person is refused before anything begins, where a person is wanted") {
  Desk desk({});
  const auto refused = sandbox::SecurityKey::open(desk.stand_in.path(), true, {});
  REQUIRE(!refused);
  CHECK(refused.error().code().name() == "security_key_cannot_verify");
  CHECK(refused.error().detail().ends_with("fido2-token -S " + desk.stand_in.path()));
  // And without: the server says no.
  auto key = desk.open(false);
  CHECK(desk.enrol(key, desk.creation()) == "webauthn_user_not_verified");
}

TEST_CASE("a security key with a PIN makes nothing without it") {
  Desk desk({.pin = "2468"});
  auto key = desk.open(false);
  CHECK(words(key.create(desk.creation(), desk.origin)) ==
        "the key does nothing without verifying its person: leave out --no-uv (FIDO_ERR_PIN_REQUIRED)");
}

TEST_CASE("a security key keeps to the options") {
  Desk desk({.own_reader = true});
  auto key = desk.open();
  CHECK(desk.sign_in(key, false) == "authenticator_no_credential");
  CHECK(desk.enrol(key, desk.creation()) == "agreed");
  CHECK(desk.enrol(key, desk.creation("direct", {desk.record})) == "authenticator_excluded");
  CHECK(words(key.create(Json::object(), desk.origin)) == "challenge");
  desk.record.id = Bytes(32, 1);
  CHECK(desk.sign_in(key, true) == "authenticator_no_credential");
}

TEST_CASE("what is no security key is not taken for one") {
  const auto code = [](const std::string& path) {
    const auto key = sandbox::SecurityKey::open(path, true, {});
    return key ? "opened" : std::string(key.error().code().name()) + ": " + key.error().detail();
  };
  const std::string no = " is no security key, or you may not open it, or another program has it";
  for (const std::string path : {"/dev/null", "/nowhere", "/etc/passwd"})
    CHECK(code(path) == "security_key_unreachable: " + path + no);
  Desk old({.fido2 = false});
  CHECK(code(old.stand_in.path()) ==
        "security_key_unreachable: " + old.stand_in.path() + " is an older key, without FIDO2");
}

}  // namespace tegata::test
