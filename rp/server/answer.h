// What happens to every request between its socket and its handler: log, metrics, security headers, and a handler
// that throws.
#pragma once

#include "rp/http/http.h"
#include "rp/server/edge/httplib_server.h"
#include "rp/server/running/log.h"
#include "rp/server/running/metrics.h"
#include "rp/server/running/vitals.h"

namespace tegata::server {

// Of each answer: the name of its route, or "other". For the proxy's log; the proxy takes it off.
inline constexpr const char* route_header = "X-Tegata-Route";

// The references must outlive the endpoint.
// `requests` knows those under way.
edge::Endpoint make_endpoint(http::Origin, const http::Router&, const Clock&, const running::Log&, running::Metrics&,
                             running::Vitals& requests);

// For /healthz and /readyz: what it is called, and below it why and what to do.
std::string fault_lines(const Error&);

// Whole lines. A fault takes the "ok" of /readyz away, a warning stands below it.
struct Health {
  std::string faults, warnings;
};

// What other parts of the server tell operators.
struct OperationsNotes {
  std::function<std::string()> figures = [] { return std::string(); };  // Prometheus text, beside the metrics
  std::function<Health()> health = [] { return Health(); };
  std::function<std::string()> dead = [] { return std::string(); };  // faults, whole lines: those of /healthz
};

// GET /healthz, /readyz, /metrics, and /routes: what this server answers, to which docs/openapi.json is held.
// The router must outlive its routes.
// A warning changes no status: it tells of something that concerns some requests, and taking the server out of use
// would make that all of them. A fault does (503): what this server says would be less than it should say. Its line
// begins with its name, and says why and what to do.
void add_operations_routes(http::Router&, store::Store&, running::Metrics&, OperationsNotes notes = {});

}  // namespace tegata::server
