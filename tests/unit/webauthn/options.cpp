// The shapes of PublicKeyCredentialCreationOptionsJSON and PublicKeyCredentialRequestOptionsJSON, member by member.
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

const CreationUser user{"handle"_b, "kensho", "検証 太郎"};

CredentialRecord record_of(const char* id, std::vector<std::string> transports) {
  CredentialRecord record;
  record.id = to_bytes(as_bytes(id));
  record.transports = std::move(transports);
  return record;
}

}  // namespace

TEST_CASE("creation options have every member of Level 3, and no other") {
  Sample sample;
  sample.registration.attestation_formats = {"android-key", "apple"};
  const auto old = record_of("old", {"internal", "hybrid"}), older = record_of("older", {});
  const Json options = creation_options(sample.registration, "検証機関", user, {old, older}, "direct", 5000);
  CHECK(options == Json{{"rp", {{"id", "localhost"}, {"name", "検証機関"}}},
                        {"user", {{"id", base64url("handle"_b)}, {"name", "kensho"}, {"displayName", "検証 太郎"}}},
                        {"challenge", base64url(sample.registration.challenge)},
                        {"pubKeyCredParams", Json::array({{{"type", "public-key"}, {"alg", -8}},
                                                          {{"type", "public-key"}, {"alg", -7}},
                                                          {{"type", "public-key"}, {"alg", -257}}})},
                        {"timeout", 5000},
                        {"excludeCredentials",
                         Json::array({{{"type", "public-key"}, {"id", "b2xk"}, {"transports", {"internal", "hybrid"}}},
                                      {{"type", "public-key"}, {"id", "b2xkZXI"}}})},
                        {"authenticatorSelection",
                         {{"authenticatorAttachment", "platform"},
                          {"residentKey", "required"},
                          {"requireResidentKey", true},
                          {"userVerification", "required"}}},
                        {"hints", {"client-device"}},
                        {"attestation", "direct"},
                        {"attestationFormats", {"android-key", "apple"}},
                        {"extensions", {{"credProps", true}}}});
}

TEST_CASE("creation options follow what was expected, and ask for nothing else") {
  Sample sample;
  sample.registration.authenticator_attachment.clear();
  sample.registration.resident_key_required = false;
  sample.registration.policy.user_verification = wire::UserVerification::discouraged;
  sample.registration.hints = {"security-key", "hybrid"};
  sample.registration.extensions = {"credProps", "minPinLength"};
  const Json options = creation_options(sample.registration, "検証機関", user, {}, "none", 5000);
  CHECK(options["authenticatorSelection"] ==
        Json{{"residentKey", "preferred"}, {"requireResidentKey", false}, {"userVerification", "discouraged"}});
  CHECK(options["hints"] == Json{"security-key", "hybrid"});
  CHECK(options["extensions"] == Json{{"credProps", true}, {"minPinLength", true}});
  CHECK(options["excludeCredentials"] == Json::array());
  CHECK(options["attestationFormats"] == Json::array());
  CHECK(options["attestation"] == "none");
}

TEST_CASE("request options have every member of Level 3, and the transports that are known") {
  Sample sample;
  sample.authentication.allow_credentials = {"a"_b, "b"_b};
  sample.authentication.hints = {"hybrid"};
  sample.authentication.extensions = {"appid"};
  const Json options = request_options(sample.authentication, 5000, {record_of("b", {"usb"}), record_of("c", {"nfc"})});
  CHECK(options ==
        Json{{"challenge", base64url(sample.authentication.challenge)},
             {"timeout", 5000},
             {"rpId", "localhost"},
             {"allowCredentials", Json::array({{{"type", "public-key"}, {"id", "YQ"}},
                                               {{"type", "public-key"}, {"id", "Yg"}, {"transports", {"usb"}}}})},
             {"userVerification", "required"},
             {"hints", {"hybrid"}},
             {"extensions", {{"appid", true}}}});
}

TEST_CASE("hints and wishes for formats decide nothing when the answer comes") {
  Sample sample;
  sample.registration.hints = {"security-key"};
  sample.registration.attestation_formats = {"tpm"};
  CHECK(code_of(sample.enrol()) == "accepted");
}

}  // namespace tegata::webauthn::test
