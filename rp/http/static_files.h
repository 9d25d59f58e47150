// The pages and their files, as they were compiled in.
#pragma once

#include "rp/http/http.h"

namespace tegata::http {

// GET /, /enroll, /p, /d, /devices, /mynumber, /authorize/choose (the pages) and /assets/<path below web/> on the
// public origin.
void add_static_routes(Router&);

}  // namespace tegata::http
