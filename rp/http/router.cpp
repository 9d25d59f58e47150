#include "rp/http/errors.h"
#include "rp/http/http.h"

namespace tegata::http {

Response method_not_allowed(const Request& request, const std::string& allowed) {
  auto response = problem(request, Error(errors::http_method_not_allowed, request.method));
  response.headers.emplace("Allow", allowed);
  return response;
}

void Router::add(Origin origin, const std::string& method, const std::string& path, Handler handler) {
  routes_[{origin, path}][method] = std::move(handler);
}

Response Router::handle(const Request& request) const {
  const auto found = routes_.find({request.origin, request.path});
  if (found == routes_.end()) return problem(request, Error(errors::http_not_found, request.path));
  const auto& methods = found->second;
  const auto method = methods.find(request.method == "HEAD" ? "GET" : request.method);
  if (method != methods.end()) return method->second(request);
  std::string allowed;
  for (const auto& [name, handler] : methods) allowed += (allowed.empty() ? "" : ", ") + name;
  return method_not_allowed(request, allowed);
}

std::vector<Router::Route> Router::routes() const {
  std::vector<Route> all;
  for (const auto& [place, methods] : routes_) {
    for (const auto& [method, handler] : methods) all.push_back({place.first, method, place.second});
  }
  return all;
}

}  // namespace tegata::http
