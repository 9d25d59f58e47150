// How a 本人ID is shown to whoever does not own it.
#pragma once

#include <string>

namespace tegata::http {

// "AB••••••89"; all bullets where little would be left to hide.
std::string mask(const std::string& practitioner_id);

}  // namespace tegata::http
