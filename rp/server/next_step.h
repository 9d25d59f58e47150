// What an operator does about what refuses a start.
#pragma once

#include <string>

#include "rp/base/error.h"

namespace tegata::server {

// The same error, whose detail names a path and ends in the next step. Where it names none, it is the database's for an
// error of the store (if that is known), else the configuration's.
Error with_next_step(const Error&, const std::string& config_file, const std::string& database = "");

}  // namespace tegata::server
