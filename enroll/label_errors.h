// Error codes of labels.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// Nothing is left of a typed name, or it is longer than a label may be.
inline constexpr ErrorCode label_invalid{"label_invalid"};

}  // namespace tegata::errors
