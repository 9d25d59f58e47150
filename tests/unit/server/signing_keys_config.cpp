// [signing_keys] of the configuration: where new keys go, and a token that is named whole or not at all.
#include <catch2/catch.hpp>

#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"

using namespace tegata;
using namespace tegata::server;

namespace {

Result<tegata::server::config::Config> config_with(const std::string& section,
                                                   const std::string& first = "signing_key = 'k'\n") {
  return tegata::server::config::parse_config(
      "public_origin = 'https://localhost:8443'\ncard_origin_pattern = 'https://*.card.localhost:8444'\n"
      "facility_origin = 'https://localhost:8445'\nsockets = 's'\ndatabase = 'data/d'\naudit_key = 'a'\n" +
          first + "[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n" +
          "[[authority]]\nname = 'N'\nroots = ['r']\nrevocation = 'not_judged'\n[signing_keys]\n" + section,
      "/etc/tegata/tegata.toml");
}

tegata::server::config::SigningKeysConfig keys_of(const std::string& section) {
  const auto config = config_with(section);
  INFO((config ? "" : config.error().detail()));
  REQUIRE(config);
  return config->signing_keys;
}

std::string config_refusal(const std::string& section) {
  const auto config = config_with(section);
  REQUIRE_FALSE(config);
  CHECK(config.error().code() == errors::config_invalid);
  return config.error().detail();
}

}  // namespace

TEST_CASE("signing keys: files beside the database, a day ahead, unless the configuration says otherwise") {
  const auto plain = keys_of("");
  CHECK(plain.ahead == std::chrono::hours(24));
  CHECK(plain.directory == "/etc/tegata/data/signing-keys");
  CHECK_FALSE(plain.in_token());
  const auto other = keys_of("ahead_seconds = 5\ndirectory = '../keys'\n");
  CHECK(other.ahead == std::chrono::seconds(5));
  CHECK(other.directory == "/etc/keys");
}

TEST_CASE("signing keys: a token has module, label and a file with its PIN") {
  const auto token = keys_of("module = '/usr/lib/hsm.so'\ntoken = 'tegata'\npin_file = 'pin'\n");
  CHECK(token.in_token());
  CHECK(token.pin_file == "/etc/tegata/pin");
  for (const char* part :
       {"module = '/m.so'\n", "token = 't'\n", "pin_file = 'p'\n", "module = '/m.so'\ntoken = 't'\n"}) {
    CHECK(config_refusal(part).find("signing_keys.module") != std::string::npos);
  }
  CHECK(config_refusal("pin = '1234'\n").find("signing_keys.pin is not a known key") != std::string::npos);
}

TEST_CASE("signing keys: none ahead of time is no rotation, and the first key may be made later") {
  CHECK(config_refusal("ahead_seconds = 0\n").find("ahead_seconds") != std::string::npos);
  const auto config = config_with("", "");
  REQUIRE(config);
  CHECK(config->signing_key.empty());
}
