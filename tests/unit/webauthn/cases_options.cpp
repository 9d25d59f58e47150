// Server conformance cases 1, 2, 118: what the options hold. Cases 3 and 119 (no challenge twice) stand where
// challenges are made: tests/unit/enroll/cases.cpp, tests/unit/activation/cases.cpp. The words are ours.
#include <set>

#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test::conformance {
namespace {

Json options_of(const Sample& sample, const std::string& attestation = "direct") {
  const CreationUser user{sample.user_handle, "kensho", "検証 太郎"};
  return creation_options(sample.registration, "検証機関", user, {}, attestation, 300'000);
}

}  // namespace

TEST_CASE("case 001: creation options are well-formed") {
  Sample sample;
  const Json options = options_of(sample);
  CHECK(options["rp"]["name"] == "検証機関");
  CHECK(options["rp"]["id"] == "localhost");
  CHECK(options["user"]["name"] == "kensho");
  CHECK(options["user"]["displayName"] == "検証 太郎");
  const auto handle = parse_base64url(options["user"]["id"].get<std::string>());
  REQUIRE(handle);
  CHECK(*handle == sample.user_handle);
  CHECK_FALSE(handle->empty());
  CHECK(handle->size() <= 64);
  const auto challenge = parse_base64url(options["challenge"].get<std::string>());
  REQUIRE(challenge);
  CHECK(*challenge == sample.registration.challenge);
  CHECK(challenge->size() >= 16);
  CHECK(options["timeout"].is_number_integer());
  CHECK(options["timeout"] == 300'000);
  CHECK(options["extensions"] == Json{{"credProps", true}});
  std::vector<std::int64_t> algorithms;
  for (const Json& parameter : options["pubKeyCredParams"]) {
    CHECK(parameter.size() == 2);
    CHECK(parameter["type"] == "public-key");
    algorithms.push_back(parameter["alg"].get<std::int64_t>());
  }
  CHECK(algorithms == sample.registration.algorithms);
}

TEST_CASE("case 002: the attestation that is wanted stands in the options") {
  const Sample sample;
  for (const char* wanted : {"none", "indirect", "direct", "enterprise"}) {
    CHECK(options_of(sample, wanted)["attestation"] == wanted);
  }
}

TEST_CASE("case 118: request options are well-formed") {
  Sample sample;
  sample.bind();
  sample.authentication.allow_credentials = {sample.record.id};
  for (const auto& [wanted, text] : {std::pair{wire::UserVerification::required, "required"},
                                     std::pair{wire::UserVerification::preferred, "preferred"},
                                     std::pair{wire::UserVerification::discouraged, "discouraged"}}) {
    sample.authentication.policy.user_verification = wanted;
    const Json options = request_options(sample.authentication, 300'000);
    CHECK(options["userVerification"] == text);
    CHECK(options["rpId"] == "localhost");
    CHECK(options["timeout"] == 300'000);
    CHECK(options["allowCredentials"] == Json::array({{{"type", "public-key"}, {"id", base64url(sample.record.id)}}}));
    const auto challenge = parse_base64url(options["challenge"].get<std::string>());
    REQUIRE(challenge);
    CHECK(*challenge == sample.authentication.challenge);
    CHECK(challenge->size() >= 16);
  }
}

}  // namespace tegata::webauthn::test::conformance
