#include "rp/activation/handlers.h"

#include "rp/activation/approval.h"
#include "rp/activation/authorize.h"
#include "rp/activation/authorize_page.h"
#include "rp/activation/backchannel.h"
#include "rp/activation/certificate_download.h"
#include "rp/activation/client_authentication.h"
#include "rp/activation/device_authorization.h"
#include "rp/activation/introspection.h"
#include "rp/activation/metadata.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/own_passes.h"
#include "rp/activation/par.h"
#include "rp/activation/phone.h"
#include "rp/activation/revocation.h"
#include "rp/activation/scan.h"
#include "rp/activation/token.h"
#include "rp/activation/typed_code.h"

namespace tegata::activation {
namespace {

using Endpoint = http::Response (*)(const Services&, const http::Request&);

struct Row {
  http::Origin origin;
  const char* path;
  Endpoint endpoint;
};

// For clients: at the facility origin, and at the public one for those that need no certificate.
constexpr std::pair<const char*, Endpoint> client_posts[] = {
    {"/device_authorization", device_authorization},
    {"/token", token},
    {"/introspect", introspect},
    {"/revoke", revoke},
    {"/par", push_authorization},
    {"/backchannel", backchannel},
};

constexpr Row posts[] = {
    {http::Origin::public_pages, "/api/activation/scan", scan},
    {http::Origin::public_pages, "/api/activation/type", type_code},
    {http::Origin::public_pages, "/api/activation/passes", own_passes},
    {http::Origin::public_pages, "/api/activation/end_pass", end_own_pass},
    {http::Origin::public_pages, "/api/activation/approve", approve},
    {http::Origin::public_pages, "/api/activation/decline", decline},
    {http::Origin::public_pages, "/api/activation/status", status},
    {http::Origin::public_pages, "/api/certificate", download_certificate},
    {http::Origin::public_pages, "/authorize", authorize},
    {http::Origin::public_pages, "/api/authorize/look", authorize_look},
    {http::Origin::public_pages, "/api/authorize/phone", authorize_phone},
    {http::Origin::public_pages, "/api/authorize/options", authorize_options},
    {http::Origin::public_pages, "/api/authorize/passkey", authorize_passkey},
    {http::Origin::public_pages, "/api/authorize/card", authorize_card},
    {http::Origin::public_pages, "/api/authorize/decline", authorize_decline},
    {http::Origin::public_pages, "/api/authorize/finish", authorize_finish},
};

// Every call at the facility origin passes here, where browsers show a certificate by themselves.
http::Response answer_facility(const Services& services, const http::Request& request, Endpoint endpoint) {
  const auto own = verify_no_other_site(request, services.settings.facility_origin);
  if (own) return endpoint(services, request);
  return oauth_refusal(
      refuse(services, request, deed_of_phone(request, "unknown", request.path.substr(1)), own.error()));
}

}  // namespace

void add_routes(http::Router& router, Services given) {
  const auto services = std::make_shared<const Services>(std::move(given));
  const auto add = [&](http::Origin origin, const char* path, Endpoint endpoint) {
    router.add(origin, "POST", path,
               [services, endpoint](const http::Request& request) { return endpoint(*services, request); });
  };
  for (const auto& row : posts) add(row.origin, row.path, row.endpoint);
  for (const auto& [path, endpoint] : client_posts) {
    router.add(http::Origin::facility, "POST", path, [services, endpoint = endpoint](const http::Request& request) {
      return answer_facility(*services, request, endpoint);
    });
    add(http::Origin::public_pages, path, endpoint);
  }
  router.add(http::Origin::public_pages, "GET", "/authorize",
             [services](const http::Request& request) { return authorize(*services, request); });
  const auto document = [services](const http::Request&) { return oauth_response(200, metadata(services->settings)); };
  for (const char* path : {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}) {
    router.add(http::Origin::public_pages, "GET", path, document);
  }
  router.add(http::Origin::public_pages, "GET", "/jwks",
             [services](const http::Request&) { return oauth_response(200, services->keys.newest()->jwks()); });
}

}  // namespace tegata::activation
