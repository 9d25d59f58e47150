#include "rp/activation/handlers.h"

#include "rp/activation/approval.h"
#include "rp/activation/device_authorization.h"
#include "rp/activation/introspection.h"
#include "rp/activation/metadata.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/phone.h"
#include "rp/activation/revocation.h"
#include "rp/activation/token.h"

namespace tegata::activation {
namespace {

using Endpoint = http::Response (*)(const Services&, const http::Request&);

struct Row {
  http::Origin origin;
  const char* path;
  Endpoint endpoint;
};

constexpr Row posts[] = {
    {http::Origin::facility, "/device_authorization", device_authorization},
    {http::Origin::facility, "/token", token},
    {http::Origin::facility, "/introspect", introspect},
    {http::Origin::facility, "/revoke", revoke},
    {http::Origin::public_pages, "/api/activation/scan", scan},
    {http::Origin::public_pages, "/api/activation/approve", approve},
    {http::Origin::public_pages, "/api/activation/decline", decline},
    {http::Origin::public_pages, "/api/activation/status", status},
};

}  // namespace

void add_routes(http::Router& router, Services given) {
  const auto services = std::make_shared<const Services>(std::move(given));
  for (const auto& row : posts) {
    router.add(row.origin, "POST", row.path, [services, endpoint = row.endpoint](const http::Request& request) {
      return endpoint(*services, request);
    });
  }
  const auto document = [services](const http::Request&) { return oauth_response(200, metadata(services->settings)); };
  for (const char* path : {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}) {
    router.add(http::Origin::public_pages, "GET", path, document);
  }
  router.add(http::Origin::public_pages, "GET", "/jwks",
             [services](const http::Request&) { return oauth_response(200, services->keys->jwks()); });
}

}  // namespace tegata::activation
