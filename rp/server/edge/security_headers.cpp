#include "rp/server/edge/security_headers.h"

#include <algorithm>
#include <cctype>

namespace tegata::server::edge {
namespace {

constexpr const char* content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

bool same_name(const std::string& a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

void set_default(http::Response& response, const char* name, const char* value) {
  const auto is_set = [name](const auto& header) { return same_name(header.first, name); };
  if (std::none_of(response.headers.begin(), response.headers.end(), is_set)) response.headers.emplace(name, value);
}

}  // namespace

void add_security_headers(const http::Request& request, http::Response& response) {
  set_default(response, "Content-Security-Policy", content_security_policy);
  set_default(response, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
  set_default(response, "X-Content-Type-Options", "nosniff");
  set_default(response, "Referrer-Policy", "no-referrer");
  set_default(response, "Permissions-Policy",
              "publickey-credentials-create=(self), publickey-credentials-get=(self), camera=(), microphone=(), "
              "geolocation=(), payment=(), usb=()");
  set_default(response, "Cross-Origin-Opener-Policy", "same-origin");
  set_default(response, "Cross-Origin-Resource-Policy", "same-origin");
  set_default(response, "Cache-Control", "no-store");
  // Phones alone: Chromium answers Critical-CH by asking once more, from the first address of a redirect on, and what
  // an EHR had pushed for /authorize would be spent by then.
  if (request.path == "/p" || request.path == "/d") {
    set_default(response, "Accept-CH", "Sec-CH-UA-Model, Sec-CH-UA-Platform, Sec-CH-UA-Platform-Version");
    set_default(response, "Critical-CH", "Sec-CH-UA-Model");
  }
  if (response.status == 503) set_default(response, "Retry-After", "2");
}

}  // namespace tegata::server::edge
