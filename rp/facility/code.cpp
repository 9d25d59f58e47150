#include "rp/facility/code.h"

#include <algorithm>
#include <string>

#include "rp/facility/errors.h"

namespace tegata::facility {
namespace {

constexpr std::string_view clause = "mhlw-1976-hohatsu-45: medical institution code";

int check_sum(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
    const int value = (*digit - '0') * (doubled ? 2 : 1);
    sum += value / 10 + value % 10;
  }
  return sum;
}

}  // namespace

Status verify_facility_code(std::string_view code, bool provisional) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (code.size() != 10 || !std::all_of(code.begin(), code.end(), is_digit)) {
    return Error(errors::facility_code_malformed, std::string(code) + ": must be ten digits", clause);
  }
  if (provisional) return {};
  const int prefecture = (code[0] - '0') * 10 + (code[1] - '0');
  if (prefecture < 1 || prefecture > 47) {
    return Error(errors::facility_code_malformed, std::string(code) + ": begins with no prefecture", clause);
  }
  const bool defined = std::string_view("1346").find(code[2]) != std::string_view::npos;
  if (defined && check_sum(code) % 10 != 0) {
    return Error(errors::facility_code_check_digit, std::string(code) + ": the last digit does not fit", clause);
  }
  return {};
}

}  // namespace tegata::facility
