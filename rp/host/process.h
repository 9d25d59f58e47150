// What a process that holds secrets lets others have of it.
#pragma once

#include <cstdint>

#include "rp/base/result.h"

namespace tegata::host {

// The first thing that main() of every program does which may come to hold a secret: no core dumps, nobody but root may
// look into its memory (PR_SET_DUMPABLE), no right is gained by starting another program (PR_SET_NO_NEW_PRIVS), and
// files are for their owner (umask 077) unless their own mode says more. Children inherit all but the second. Ends the
// program where the system refuses one of them.
void shut_process();

// So many files may be open from now on. Error: process_limit_too_low, whose detail says how to have more.
Status allow_open_files(std::uint64_t count);

}  // namespace tegata::host
