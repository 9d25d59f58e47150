#include "rp/base/split.h"

#include <catch2/catch.hpp>

using namespace tegata;
using Parts = std::vector<std::string>;

TEST_CASE("parts between separators, empty ones too; no text, no parts") {
  CHECK(split("", ' ').empty());
  CHECK(split("a", ' ') == Parts{"a"});
  CHECK(split("a;b", ';') == Parts{"a", "b"});
  CHECK(split("a;;b", ';') == Parts{"a", "", "b"});
  CHECK(split(";", ';') == Parts{"", ""});
  CHECK(split("a b;c", ';') == Parts{"a b", "c"});
}
