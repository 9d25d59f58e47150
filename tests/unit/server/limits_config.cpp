// [[limits.network]] of the configuration: networks whose limits by address are higher.
#include <catch2/catch.hpp>

#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"

using namespace tegata;
using namespace tegata::server;

namespace {

Result<tegata::server::config::Config> limits_config_with(const std::string& section) {
  return tegata::server::config::parse_config(
      "public_origin = 'https://localhost:8443'\ncard_origin_pattern = 'https://*.card.localhost:8444'\n"
      "facility_origin = 'https://localhost:8445'\nsockets = 's'\ndatabase = 'data/d'\naudit_key = 'a'\n"
      "[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n"
      "[[authority]]\nname = 'N'\nroots = ['r']\nrevocation = 'not_judged'\n" +
          section,
      "/etc/tegata/tegata.toml");
}

std::string limits_refusal(const std::string& section) {
  const auto config = limits_config_with(section);
  REQUIRE_FALSE(config);
  CHECK(config.error().code() == errors::config_invalid);
  return config.error().detail();
}

}  // namespace

TEST_CASE("known networks: none unless the configuration names them, and then with their factor") {
  const auto none = limits_config_with("");
  REQUIRE(none);
  CHECK(tegata::server::config::known_networks(none->limits).factor_of("203.0.113.7") == 1);
  const auto some = limits_config_with(
      "[limits]\nphones = 3\n[[limits.network]]\naddresses = ['203.0.113.0/24', '2001:db8::/32']\nfactor = 20\n"
      "[[limits.network]]\naddresses = ['203.0.113.7']\nfactor = 2\n");
  INFO((some ? "" : some.error().detail()));
  REQUIRE(some);
  CHECK(some->limits.phones == 3);
  CHECK(tegata::server::config::known_networks(some->limits).factor_of("203.0.113.9") == 20);
  CHECK(tegata::server::config::known_networks(some->limits).factor_of("203.0.113.7") == 2);
  CHECK(tegata::server::config::known_networks(some->limits).factor_of("2001:db8:5::1") == 20);
}

TEST_CASE("known networks: what is no network, no factor, or stands twice is refused with its key") {
  const auto refused = [](const std::string& lines, const std::string& said) {
    const auto detail = limits_refusal("[[limits.network]]\n" + lines);
    INFO(detail);
    CHECK(detail.find(said) != std::string::npos);
  };
  refused("addresses = ['203.0.113.7/24']\nfactor = 2\n",
          "limits.network[0].addresses has 203.0.113.7/24, which is no");
  refused("addresses = ['hospital.example']\nfactor = 2\n", "addresses has hospital.example, which is no address");
  refused("factor = 2\n", "limits.network[0].addresses is missing or empty");
  refused("addresses = ['203.0.113.7']\n", "limits.network[0].factor is missing");
  refused("addresses = ['203.0.113.7']\nfactor = 10001\n", "factor must lie between 1 and 10000");
  refused("addresses = ['203.0.113.7']\nfactor = 2\nburst = 9\n", "limits.network[0].burst is not a known key");
  refused("addresses = ['203.0.113.7', '203.0.113.7/32']\nfactor = 2\n", "has 203.0.113.7/32 a second time");
}
