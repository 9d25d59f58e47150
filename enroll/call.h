// Calls of our pages, as handlers for the router.
#pragma once

#include "enroll/label.h"
#include "enroll/services.h"

namespace tegata::enroll {

using Call = http::Response (*)(const Services&, const http::Request&);

// A call that changes something: it must come from our own page.
http::Handler from_our_page(const Services&, Call);
// One that changes nothing, or is reached by a redirect.
http::Handler plain(const Services&, Call);

// What the browser says of itself. Only a script of the page can count touch points.
BrowserIdentity identity_of(const http::Request&, int touch_points = 0);

}  // namespace tegata::enroll
