// Error codes of rp/cli.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

// What was typed, or a file that it names, makes no sense: exit code 2.
inline constexpr ErrorCode cli_option_invalid{"cli_option_invalid"};

// Nobody has that 本人ID, or the person is suspended already, or not.
inline constexpr ErrorCode practitioner_unknown{"practitioner_unknown"};
inline constexpr ErrorCode practitioner_state_unchanged{"practitioner_state_unchanged"};

// A key waits for its turn already; or no key that is not withdrawn has that kid.
inline constexpr ErrorCode signing_key_rotation_waiting{"signing_key_rotation_waiting"};
inline constexpr ErrorCode signing_key_unknown{"signing_key_unknown"};

}  // namespace tegata::errors
