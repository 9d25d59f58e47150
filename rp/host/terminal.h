// A terminal takes less at once than poll() says, and makes its writer wait for the rest.
#pragma once

#include "rp/host/descriptor.h"

namespace tegata::host {

// The terminal behind `descriptor`, opened once more, where a write takes what fits and never waits. None where it is
// no terminal, or may not be opened.
Descriptor reopen_terminal(int descriptor);

}  // namespace tegata::host
