// A request by the code that the person types, where no camera reads the QR: looked up whole, so that a wrong one
// changes nothing, and only of requests that name their person, so that who guesses gains nothing.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// "BCDF-GHJK-47" from what a person typed: either case, with or without a hyphen or spaces, full-width letters
// included. Nothing where it has not the form of a code.
std::optional<std::string> normalise_user_code(std::string_view typed);

// POST {public}/api/activation/type
http::Response type_code(const Services&, const http::Request&);

}  // namespace tegata::activation
