// What an operator does about what refuses a start.
#pragma once

#include <string>

#include "rp/base/error.h"

namespace tegata::server {

// The same error, whose detail names a path (the configuration's, where nothing nearer is known) and ends in the next
// step. Errors that say it themselves are given back as they are.
Error with_next_step(const Error&, const std::string& config_file);

}  // namespace tegata::server
