// 保険医療機関コード: prefecture (2 digits), fee table (1), area (2), number (4), check digit (1).
#pragma once

#include <string_view>

#include "rp/base/result.h"

namespace tegata::facility {

// Ten digits and a prefecture (01 to 47). The check digit is judged where one is defined: for medical (1), dental (3),
// dispensing (4) and visiting care (6); from the right every second digit counts double, by its digit sum, and the
// whole is a multiple of ten. A provisional code (仮コード) is ten digits, whichever. Errors: facility_code_malformed,
// facility_code_check_digit.
Status verify_facility_code(std::string_view code, bool provisional);

}  // namespace tegata::facility
