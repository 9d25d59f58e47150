// The routes of the page of phones: parse, one call, render.
#pragma once

#include "enroll/services.h"

namespace tegata::enroll {

// The services are copied into the handlers; what they refer to must outlive the router.
void add_device_routes(http::Router&, const Services&);

}  // namespace tegata::enroll
