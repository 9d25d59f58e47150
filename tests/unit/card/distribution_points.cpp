#include <catch2/catch.hpp>

#include "enroll/card/errors.h"
#include "enroll/card/revocation.h"

using namespace tegata;
using namespace tegata::card;

TEST_CASE("distribution points of a certificate") {
  const auto points = [](const char* hex_text) {
    return parse_distribution_points(*parse_hex(hex_text), errors::card_malformed);
  };
  CHECK(points("")->empty());
  CHECK(*points("30093007a005a003860178") == std::vector<Bytes>{{0x86, 0x01, 0x78}});
  CHECK(points("300d300ba005a00386017881020640")->empty());  // of some reasons
  CHECK(points("300d300ba005a003860178a202a400")->empty());  // of another issuer
  CHECK(points("30063004a002a100")->empty());                // relative to the issuer
  for (const char* broken : {"30", "3005", "31093007a005a003860178", "30093007a005a003860178ff", "30063004a002a000"}) {
    INFO(broken);
    const auto refused = points(broken);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::card_malformed);
  }
}
