// [deployed_profile] of the configuration: all of it, or off.
#include <catch2/catch.hpp>

#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"

using namespace tegata;
using namespace tegata::server;

namespace {

Result<tegata::server::config::Config> deployed_config(const std::string& section) {
  return tegata::server::config::parse_config(
      "public_origin = 'https://localhost:8443'\ncard_origin_pattern = 'https://*.card.localhost:8444'\n"
      "facility_origin = 'https://localhost:8445'\nsockets = 's'\ndatabase = 'd'\naudit_key = 'a'\n"
      "[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n"
      "[[authority]]\nname = 'N'\nroots = ['r']\nrevocation = 'not_judged'\n" +
          section,
      "/etc/tegata/tegata.toml");
}

std::string deployed_refusal(const std::string& section) {
  const auto config = deployed_config("[deployed_profile]\n" + section);
  REQUIRE_FALSE(config);
  CHECK(config.error().code() == errors::config_invalid);
  return config.error().detail();
}

}  // namespace

TEST_CASE("the deployed profile is off unless facility, address and audience are there") {
  CHECK(deployed_config("")->deployed_profile.facility.empty());
  CHECK(deployed_config("[deployed_profile]\n")->deployed_profile.facility.empty());
  const std::string facility = "facility = '1312345678'\n", uri = "redirect_uri = 'http://adapter:3000/callback'\n",
                    audience = "audience = 'https://sign.example'\n";
  const auto config = deployed_config("[deployed_profile]\n" + facility + uri + audience);
  REQUIRE(config);
  CHECK(config->deployed_profile.redirect_uri == "http://adapter:3000/callback");
  CHECK(deployed_refusal(uri + audience).find("facility") != std::string::npos);
  CHECK(deployed_refusal(facility + audience).find("redirect_uri") != std::string::npos);
  CHECK(deployed_refusal(facility + uri).find("audience") != std::string::npos);
  CHECK(deployed_refusal(facility + audience + "redirect_uri = 'ftp://adapter/'\n").find("redirect_uri") !=
        std::string::npos);
  CHECK(deployed_refusal(facility + audience + "redirect_uri = 'http://adapter/#x'\n").find("redirect_uri") !=
        std::string::npos);
}
