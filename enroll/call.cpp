#include "enroll/call.h"

namespace tegata::enroll {

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

}  // namespace tegata::enroll
