// The device authorization request (RFC 8628 section 3.1): an EHR asks, and shows a QR and two digits.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// POST {facility}/device_authorization
http::Response device_authorization(const Services&, const http::Request&);

}  // namespace tegata::activation
