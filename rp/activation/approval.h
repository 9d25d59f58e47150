// Approving an activation with a phone: the assertion is judged, and one transaction does the rest.
#pragma once

#include "rp/activation/phone.h"
#include "rp/store/practitioners.h"

namespace tegata::activation {

// POST {public}/api/activation/approve
http::Response approve(const Services&, const http::Request&);

}  // namespace tegata::activation
