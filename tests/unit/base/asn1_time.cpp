#include "rp/base/asn1_time.h"

#include <catch2/catch.hpp>

#include "rp/base/errors.h"

using namespace tegata;

TEST_CASE("times of certificates have one form") {
  CHECK(format_rfc3339(*parse_utc_time("491231235959Z")) == "2049-12-31T23:59:59.000Z");
  CHECK(format_rfc3339(*parse_utc_time("500101000000Z")) == "1950-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(*parse_generalized_time("99991231235959Z")) == "9999-12-31T23:59:59.000Z");
  for (const char* wrong : {"", "Z", "281231235959+0900", "2812312359Z", "281231235959z", "280230000000Z"}) {
    INFO(wrong);
    const auto read = parse_utc_time(wrong);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == errors::instant_malformed);
  }
}
