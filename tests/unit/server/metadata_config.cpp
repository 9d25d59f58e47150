// [metadata] of the configuration: the floor of certification.
#include <catch2/catch.hpp>

#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"

namespace tegata::server::metadata_config_test {
namespace {

using webauthn::wire::Certification;

Result<config::Config> configured(const std::string& section) {
  return config::parse_config(
      "public_origin = 'https://localhost:8443'\ncard_origin_pattern = 'https://*.card.localhost:8444'\n"
      "facility_origin = 'https://localhost:8445'\nsockets = 's'\ndatabase = 'd'\naudit_key = 'a'\nsigning_key = 'k'\n"
      "[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n"
      "[[authority]]\nname = 'N'\nroots = ['r']\nrevocation = 'not_judged'\n[metadata]\n" +
          section,
      "/etc/tegata/tegata.toml");
}

Certification floor_of(const std::string& section) {
  const auto config = configured(section);
  INFO((config ? "" : config.error().detail()));
  REQUIRE(config);
  return config->metadata.least_certification;
}

}  // namespace

TEST_CASE("metadata: the floor of certification is level 1 unless the operator names another status of FIDO") {
  CHECK(floor_of("") == Certification::l1);
  CHECK(floor_of("least_certification = 'NOT_FIDO_CERTIFIED'\n") == Certification::not_certified);
  CHECK(floor_of("least_certification = 'SELF_ASSERTION_SUBMITTED'\n") == Certification::self_asserted);
  CHECK(floor_of("least_certification = 'FIDO_CERTIFIED_L2plus'\n") == Certification::l2_plus);
  for (const char* wrong : {"", "L1", "fido_certified_l1", "REVOKED", "RETIRED"}) {
    INFO(wrong);
    const auto refused = configured("least_certification = '" + std::string(wrong) + "'\n");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::config_invalid);
    CHECK(refused.error().detail().find("metadata.least_certification") != std::string::npos);
  }
}

}  // namespace tegata::server::metadata_config_test
