// The pages and their files, as they were compiled in.
#pragma once

#include "rp/http/http.h"

namespace tegata::http {

// GET /, /enroll, /p, /d (the pages) and /assets/<path below web/> on the public origin.
// Pages ask Chromium for the phone's model (Accept-CH, Critical-CH).
void add_static_routes(Router&);

}  // namespace tegata::http
