// 保険医療機関コード: ten digits, a prefecture, a check digit where one is defined.
#include "rp/facility/code.h"

#include <catch2/catch.hpp>

#include "rp/facility/errors.h"

using namespace tegata;
using tegata::facility::verify_facility_code;

namespace {

ErrorCode facility_code_refusal(std::string_view code, bool provisional = false) {
  const auto status = tegata::facility::verify_facility_code(code, provisional);
  REQUIRE_FALSE(status);
  return status.error().code();
}

}  // namespace

TEST_CASE("a code with the right check digit is one, whatever it is for") {
  // The first stands in public tables as an example.
  for (const auto* code : {"0110113719", "1312345679", "1332345675", "1342345673", "1362345678"}) {
    INFO(code);
    CHECK(tegata::facility::verify_facility_code(code, false));
  }
}

TEST_CASE("any one digit that is wrong, and most that changed places, are found") {
  const std::string good = "0110113719";
  for (std::size_t at = 3; at < good.size(); ++at) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      auto wrong = good;
      wrong[at] = digit;
      if (wrong != good) CHECK(facility_code_refusal(wrong) == errors::facility_code_check_digit);
    }
  }
  CHECK(facility_code_refusal("0110113791") == errors::facility_code_check_digit);
}

TEST_CASE("no check digit is asked for where none is defined") {
  CHECK(tegata::facility::verify_facility_code("1398765432", false));
  CHECK(tegata::facility::verify_facility_code("9900000001", true));
  CHECK(tegata::facility::verify_facility_code("1312345678", true));
}

TEST_CASE("what is no code at all") {
  for (const auto* code : {"", "131234567", "13123456796", "131234567a", "１３１２３４５６７９", "-312345679"}) {
    INFO(code);
    CHECK(facility_code_refusal(code) == errors::facility_code_malformed);
    CHECK(facility_code_refusal(code, true) == errors::facility_code_malformed);
  }
  for (const auto* code : {"0012345678", "4812345674", "9912345670"})
    CHECK(facility_code_refusal(code) == errors::facility_code_malformed);
}
