// The reader of CSV: what RFC 4180 allows and nothing else.
#include "rp/cli/csv.h"

#include <catch2/catch.hpp>

#include "rp/cli/errors.h"

using namespace tegata;
using Rows = std::vector<cli::CsvRow>;

namespace {

Rows rows(std::string_view text) {
  const auto parsed = cli::parse_csv(text);
  INFO(text);
  REQUIRE(parsed);
  return *parsed;
}

std::string refusal(std::string_view text) {
  const auto parsed = cli::parse_csv(text);
  INFO(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code() == errors::csv_malformed);
  return parsed.error().detail();
}

}  // namespace

TEST_CASE("what a table may look like") {
  CHECK(rows("").empty());
  CHECK(rows("a,b\r\nc,d\r\n") == Rows{{"a", "b"}, {"c", "d"}});
  CHECK(rows("a,b\nc,d") == Rows{{"a", "b"}, {"c", "d"}});
  CHECK(rows(",\n,") == Rows{{"", ""}, {"", ""}});
  CHECK(rows("\"a,\"\"b\"\"\",c\n") == Rows{{"a,\"b\"", "c"}});
  CHECK(rows("\"two\r\nlines\",b\n") == Rows{{"two\r\nlines", "b"}});
  CHECK(rows("\"\",\"\"") == Rows{{"", ""}});
  CHECK(rows("\xef\xbb\xbf"
             "検証,b\n") == Rows{{"検証", "b"}});
  CHECK(rows("a\n\nb\n") == Rows{{"a"}, {""}, {"b"}});
}

TEST_CASE("what is no table, with its place") {
  CHECK(refusal("a,b\nc,\"d").starts_with("row 2, field 2: "));
  CHECK(refusal("a,b\"c\n").starts_with("row 1, field 2: "));
  CHECK(refusal("\"a\"b,c\n").starts_with("row 1, field 2: "));
  CHECK(refusal("a\rb\n").starts_with("row 1, field 1: "));
  CHECK(refusal("\"a\"\rb").starts_with("row 1, field 2: "));
}
