#include "rp/server/related_origins.h"

namespace tegata::server {

void add_related_origins_route(http::Router& router, const std::vector<std::string>& related_origins) {
  if (related_origins.empty()) return;
  router.add(http::Origin::public_pages, "GET", "/.well-known/webauthn", [=](const http::Request&) {
    return http::json_response(200, {{"origins", related_origins}});
  });
}

}  // namespace tegata::server
