#include "rp/base/instant.h"

#include <catch2/catch.hpp>

#include "rp/base/errors.h"

using namespace tegata;

TEST_CASE("RFC 3339 in and out") {
  const Instant instant = from_unix_milliseconds(1'795'200'000'123);
  CHECK(*parse_rfc3339(format_rfc3339(instant)) == instant);
  CHECK(format_rfc3339(from_unix_seconds(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(unix_milliseconds(*parse_rfc3339("1970-01-01T09:00:00.5+09:00")) == 500);
  CHECK(unix_seconds(*parse_rfc3339("1969-12-31T19:00:00-05:00")) == 0);
  CHECK(unix_milliseconds(*parse_rfc3339("1970-01-01T00:00:00.123456789Z")) == 123);
  CHECK(unix_milliseconds(*parse_rfc3339("1970-01-01T00:00:00.1234567891Z")) == 123);
  CHECK(parse_rfc3339("2028-02-29T00:00:00Z"));
  CHECK(unix_seconds(from_unix_milliseconds(-1)) == -1);
}

TEST_CASE("what is no moment") {
  for (const char* text :
       {"", "2026-11-20", "2026-11-20T00:00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-20T24:00:00Z",
        "2026-11-20T00:60:00Z", "2026-11-20T00:00:00.Z", "2026-11-20T00:00:00Zx", " 2026-11-20T00:00:00Z",
        "2026-11-20T00:00:00+0900", "2026-11-20 00:00:00Z", "2026-1-020T00:00:00Z"}) {
    INFO(text);
    const auto instant = parse_rfc3339(text);
    REQUIRE_FALSE(instant);
    CHECK(instant.error().code() == errors::instant_malformed);
  }
}

TEST_CASE("dates and times in Japan") {
  CHECK(japan_date(*parse_rfc3339("2026-11-19T14:59:59Z")) == "2026-11-19");
  CHECK(japan_date(*parse_rfc3339("2026-11-19T15:00:00Z")) == "2026-11-20");
  CHECK(japan_time(*parse_rfc3339("2026-11-20T00:15:02Z")) == "2026-11-20 09:15:02");
}

TEST_CASE("defect: an offset of days moved a moment, and a letter could stand for a separator") {
  for (const char* text :
       {"2026-11-20T00:00:00+99:00", "2026-11-20T00:00:00+24:00", "2026-11-20T00:00:00-09:60", "2026M11-20T00:00:00Z",
        "2026-11-20T00Z00:00Z", "2026-11-20T00:00:00N5Z", "2026-11-20T00:00:00K09:00", "2026-11-20T00:00:00M09:00"}) {
    INFO(text);
    const auto instant = parse_rfc3339(text);
    REQUIRE_FALSE(instant);
    CHECK(instant.error().code() == errors::instant_malformed);
  }
  CHECK(*parse_rfc3339("2026-11-20t00:00:00.5z") == *parse_rfc3339("2026-11-20T00:00:00.5Z"));
}

TEST_CASE("defect: a moment beyond the year 9999 was taken, and printed with five digits") {
  CHECK(parse_rfc3339("9999-12-31T23:59:59Z"));
  CHECK(parse_rfc3339("0000-01-01T00:00:00Z"));
  CHECK_FALSE(parse_rfc3339("9999-12-31T23:59:59-00:01"));
  CHECK_FALSE(parse_rfc3339("0000-01-01T00:00:00+00:01"));
}
