// Error codes of the qr room.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

inline constexpr ErrorCode qr_too_long{"qr_too_long"};

}  // namespace tegata::errors
