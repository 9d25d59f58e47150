// What happens to every request between its socket and its handler: log, metrics, security headers, and a handler
// that throws.
#pragma once

#include "rp/http/http.h"
#include "rp/server/httplib_server.h"
#include "rp/server/log.h"
#include "rp/server/metrics.h"

namespace tegata::server {

// The references must outlive the endpoint.
Endpoint make_endpoint(http::Origin, const http::Router&, const Clock&, const Log&, Metrics&);

// GET /healthz, /readyz, /metrics.
// `more_figures` adds Prometheus text of its own to the metrics.
void add_operations_routes(http::Router&, store::Store&, Metrics&, std::function<std::string()> more_figures = {});

}  // namespace tegata::server
