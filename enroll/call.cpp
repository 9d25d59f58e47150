#include "enroll/call.h"

namespace tegata::enroll {
namespace {

// A header of User-Agent Client Hints: a quoted string (RFC 8941 section 3.3.3) without its quotes.
std::string client_hint(const http::Request& request, const std::string& name) {
  auto value = request.header(name).value_or("");
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

http::Handler from_our_page(const Services& services, Call call) {
  return [services, call](const http::Request& request) {
    const auto same = http::require_same_origin(request, services.settings.public_origin);
    if (!same) return turn_away(services, request, same.error());
    return call(services, request);
  };
}

http::Handler plain(const Services& services, Call call) {
  return [services, call](const http::Request& request) { return call(services, request); };
}

BrowserIdentity identity_of(const http::Request& request, int touch_points) {
  BrowserIdentity identity;
  identity.user_agent = request.header("user-agent").value_or("");
  identity.ch_model = client_hint(request, "sec-ch-ua-model");
  identity.ch_platform = client_hint(request, "sec-ch-ua-platform");
  identity.ch_brands = request.header("sec-ch-ua").value_or("");
  identity.touch_points = touch_points;
  return identity;
}

}  // namespace tegata::enroll
