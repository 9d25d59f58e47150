// Calls of our pages, as handlers for the router.
#pragma once

#include "enroll/services.h"

namespace tegata::enroll {

using Call = http::Response (*)(const Services&, const http::Request&);

// A call that changes something: it must come from our own page.
http::Handler from_our_page(const Services&, Call);
// One that changes nothing, or is reached by a redirect.
http::Handler plain(const Services&, Call);

}  // namespace tegata::enroll
