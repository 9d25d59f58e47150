// The built-in authority of the verification environment: its own key, beside the test PKI.
#pragma once

#include "rp/base/instant.h"
#include "rp/sandbox/layout.h"

namespace tegata::sandbox {

// Makes it where the folder has none yet, as `tegata facility ca init` does. Errors: internal, file_not_written.
Status make_facility_authority(const Layout&, Instant now);

}  // namespace tegata::sandbox
