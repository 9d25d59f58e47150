// Error codes of letters.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

inline constexpr ErrorCode letter_tickets_malformed{"letter_tickets_malformed"};
// A name has a character that no installed font can print.
inline constexpr ErrorCode letter_glyph_missing{"letter_glyph_missing"};
inline constexpr ErrorCode letter_not_written{"letter_not_written"};

}  // namespace tegata::errors
