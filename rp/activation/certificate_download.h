// The file of an issued certificate, behind a link that works once.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// POST {public}/api/certificate {"token"}: {"name", "file" (base64), "thumbprint"}; the server keeps no copy. The page
// that asks is at {public}/certificate#t=<token>: loading or previewing the link takes nothing.
// Error: facility_download_unknown.
http::Response download_certificate(const Services&, const http::Request&);

}  // namespace tegata::activation
