#include "rp/server/answer.h"

#include <set>

#include "rp/base/errors.h"
#include "rp/http/errors.h"
#include "rp/server/edge/security_headers.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::server {
namespace {

http::Response plain(int status, const std::string& text) {
  http::Response response;
  response.status = status;
  response.headers.emplace("Content-Type", "text/plain; charset=utf-8");
  response.body = text;
  return response;
}

// A handler's exception is a fault of ours; its text may hold anything and goes to the log alone.
http::Response handle(const http::Router& router, const http::Request& request, const running::Log& log) {
  try {
    return router.handle(request);
  } catch (const std::exception& error) {
    log.error("exception", {{"path", request.path}, {"request_id", request.request_id}, {"what", error.what()}});
  } catch (...) {
    log.error("exception", {{"path", request.path}, {"request_id", request.request_id}});
  }
  return http::problem(request, Error(errors::internal, "exception"));
}

Json table_of(const http::Router& router) {
  Json table = Json::array();
  for (const auto& route : router.routes()) {
    table.push_back({{"origin", running::origin_name(route.origin)}, {"method", route.method}, {"path", route.path}});
  }
  return table;
}

using Routes = std::set<std::string>;

constexpr std::chrono::seconds longest_request{60};

class Recorder {
 public:
  Recorder(const http::Router& router, const Clock& clock, const running::Log& log, running::Metrics& metrics)
      : clock_(clock), log_(log), metrics_(metrics) {
    for (const auto& route : router.routes()) routes_.insert(route.path);
  }

  // What logs and metrics say: a path that is none of ours may hold a mistyped secret.
  std::string route_of(const http::Request& request) const {
    return routes_.contains(request.path) ? request.path : "other";
  }

  void record(const http::Request& request, const http::Response& response, std::chrono::milliseconds begun) const {
    const auto duration = clock_.monotonic() - begun;
    metrics_.count_request(request.origin, route_of(request), response.status,
                           static_cast<double>(duration.count()) / 1000);
    if (!response.cause.empty()) metrics_.count_refusal(response.cause);
    if (response.cause == errors::webauthn_second_verifier_veto.name()) raise_alarm(request);
    if (request.origin == http::Origin::operations) return;
    Json line{{"origin", running::origin_name(request.origin)},
              {"method", request.method},
              {"status", response.status},
              {"ms", duration.count()},
              {"request_id", request.request_id},
              {"remote", request.remote_address},
              {"path", route_of(request)}};
    if (!response.cause.empty()) line["cause"] = response.cause;
    log_.info("request", std::move(line));
  }

 private:
  void raise_alarm(const http::Request& request) const {
    metrics_.count_veto();
    log_.error("second_verifier_veto", {{"request_id", request.request_id}, {"remote", request.remote_address}});
  }

  const Clock& clock_;
  const running::Log& log_;
  running::Metrics& metrics_;
  Routes routes_;
};

}  // namespace

edge::Endpoint make_endpoint(http::Origin origin, const http::Router& router, const Clock& clock,
                             const running::Log& log, running::Metrics& metrics, running::Vitals& requests) {
  const auto recorder = std::make_shared<Recorder>(router, clock, log, metrics);
  // The proxy's log has of a path what the proxy is told here.
  const auto finish = [recorder](const http::Request& request, http::Response& response) {
    edge::add_security_headers(request, response);
    response.headers.emplace(route_header, recorder->route_of(request));
  };
  edge::Endpoint endpoint;
  endpoint.origin = origin;
  endpoint.handle = [&router, &clock, &log, &requests, recorder, finish](const http::Request& request) {
    const auto begun = clock.monotonic();
    const auto piece = requests.begin(std::string(running::origin_name(request.origin)) + " " +
                                          recorder->route_of(request) + ", request " + request.request_id,
                                      longest_request);
    auto response = handle(router, request, log);
    finish(request, response);
    recorder->record(request, response, begun);
    return response;
  };
  endpoint.refuse = [&clock, &log, recorder, finish](const http::Request& request, const Error& error) {
    log.error("refused_at_the_socket", error);
    auto response = http::problem(request, error);
    // Whoever wrote them there would lock the person out for as long as they stay.
    if (error.code() == errors::http_cookies_unusable) response.headers.emplace("Clear-Site-Data", "\"cookies\"");
    finish(request, response);
    recorder->record(request, response, clock.monotonic());
    return response;
  };
  return endpoint;
}

std::string fault_lines(const Error& error) { return std::string(error.code().name()) + "\n" + error.detail() + "\n"; }

void add_operations_routes(http::Router& router, store::Store& store, running::Metrics& metrics,
                           OperationsNotes notes) {
  router.add(http::Origin::operations, "GET", "/healthz", [dead = notes.dead](const http::Request&) {
    const auto lines = dead();
    return lines.empty() ? plain(200, "ok\n") : plain(503, lines);
  });
  router.add(http::Origin::operations, "GET", "/readyz", [health = notes.health](const http::Request&) {
    const auto [faults, warnings] = health();
    return faults.empty() ? plain(200, "ok\n" + warnings) : plain(503, faults + warnings);
  });
  router.add(http::Origin::operations, "GET", "/metrics",
             [&store, &metrics, figures = notes.figures](const http::Request&) {
               auto response = plain(200, metrics.text(store.figures()) + figures());
               response.headers.find("Content-Type")->second = "text/plain; version=0.0.4; charset=utf-8";
               return response;
             });
  // Asked for at each call: other parts add theirs after this one.
  router.add(http::Origin::operations, "GET", "/routes", [&router](const http::Request&) {
    return http::json_response(200, {{"routes", table_of(router)}});
  });
}

}  // namespace tegata::server
