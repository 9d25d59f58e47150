#include "rp/server/security_txt.h"

#include "rp/base/instant.h"

namespace tegata::server {
namespace {

constexpr const char* security_txt_path = "/.well-known/security.txt";
constexpr std::chrono::days copies_good_for{30};  // RFC 9116 section 2.5.5: less than a year

std::string security_txt(const config::SecurityConfig& security, const std::string& public_origin, Instant now) {
  std::string out;
  const auto line = [&](const char* name, const std::string& value) { out += name + (": " + value) + "\r\n"; };
  for (const auto& contact : security.contact) line("Contact", contact);
  // Whole days: every answer of one day is the same.
  line("Expires", format_rfc3339(std::chrono::floor<std::chrono::days>(now) + copies_good_for));
  line("Preferred-Languages", "ja, en");
  line("Canonical", public_origin + security_txt_path);
  if (!security.policy.empty()) line("Policy", security.policy);
  return out;
}

}  // namespace

void add_security_txt_route(http::Router& router, const config::SecurityConfig& security,
                            const std::string& public_origin, const Clock& clock) {
  if (security.contact.empty()) return;
  router.add(http::Origin::public_pages, "GET", security_txt_path, [=, &clock](const http::Request&) {
    http::Response response;
    response.headers.emplace("Content-Type", "text/plain; charset=utf-8");
    response.body = security_txt(security, public_origin, clock.now());
    return response;
  });
}

}  // namespace tegata::server
