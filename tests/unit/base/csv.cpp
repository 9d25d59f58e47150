#include "rp/base/csv.h"

#include <catch2/catch.hpp>

#include "rp/base/errors.h"

using namespace tegata;

TEST_CASE("a table of a spreadsheet: quotes, commas, line feeds and quotes inside quotes, CR LF, byte order mark") {
  const auto csv = parse_csv("\xEF\xBB\xBFid,name\r\nA1,\"検証, 太郎\"\r\nA2,\"a \"\"b\"\"\nc\"\r\nA3,\r\n");
  REQUIRE(csv);
  CHECK(csv->columns == std::vector<std::string>{"id", "name"});
  REQUIRE(csv->rows.size() == 3);
  CHECK(csv->field(csv->rows[0], "name") == "検証, 太郎");
  CHECK(csv->field(csv->rows[1], "name") == "a \"b\"\nc");
  CHECK(csv->rows[1].line == 3);
  CHECK(csv->rows[2].line == 5);
  CHECK(csv->field(csv->rows[2], "name").empty());
  CHECK(csv->field(csv->rows[2], "none").empty());
  CHECK_FALSE(csv->has("none"));
}

TEST_CASE("the last line may go without its end, and a table may have no rows") {
  CHECK(parse_csv("id\nA1")->rows.size() == 1);
  CHECK(parse_csv("id")->rows.empty());
  CHECK(parse_csv("id\n")->rows.empty());
}

TEST_CASE("tables that are refused, and where") {
  const auto detail = [](std::string_view text) {
    const auto csv = parse_csv(text);
    REQUIRE_FALSE(csv);
    CHECK(csv.error().code() == errors::csv_malformed);
    return csv.error().detail();
  };
  CHECK(detail("") == "empty");
  CHECK(detail("id\n\xFF") == "not UTF-8");
  CHECK(detail("id,id\n") == "line 1: two columns named id");
  CHECK(detail("id,\n") == "line 1: a column without a name");
  CHECK(detail("id,name\nA1\n") == "line 2: 1 fields instead of 2");
  CHECK(detail("id\nA1,x\n") == "line 2: 2 fields instead of 1");
  CHECK(detail("id\nA\"1\n") == "line 2: a quote inside a field");
  CHECK(detail("id\n\"A\"1\n") == "line 2: text behind a closing quote");
  CHECK(detail("id\n\"A\nB") == "line 3: a quote that is never closed");
  CHECK(detail("id\nA\rB\n") == "line 2: a control character");
  CHECK(detail("id,name\nA,B\n\nC,D\n") == "line 3: 1 fields instead of 2");
}
