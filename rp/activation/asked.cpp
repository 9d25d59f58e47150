#include "rp/activation/asked.h"

#include <algorithm>
#include <set>

#include "rp/activation/errors.h"
#include "rp/base/split.h"

namespace tegata::activation {
namespace {

namespace e = errors;

bool is_visible_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

std::vector<std::string> words(const std::string& text) { return split(text, ' '); }

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool is_plain_text(const std::string& text) {
  if (!is_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](std::size_t at) {
      return i + at < text.size() ? static_cast<unsigned char>(text[i + at]) : 0u;
    };
    if (byte(0) < ' ' || byte(0) == 0x7f) return false;
    if (byte(0) == 0xc2 && byte(1) < 0xa0) return false;                                         // U+0080 to U+009F
    if (byte(0) == 0xd8 && byte(1) == 0x9c) return false;                                        // U+061C
    if (byte(0) == 0xe2 && byte(1) == 0x80 && byte(2) >= 0x8b && byte(2) <= 0x8f) return false;  // U+200B to U+200F
    if (byte(0) == 0xe2 && byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae) return false;  // U+2028 to U+202E
    if (byte(0) == 0xe2 && byte(1) == 0x81 && byte(2) >= 0xa0 && byte(2) <= 0xaf) return false;  // U+2060 to U+206F
    if (byte(0) == 0xef && byte(1) == 0xbb && byte(2) == 0xbf) return false;                     // U+FEFF
  }
  return true;
}

bool demands_hardware(const std::string& acr_values) {
  const auto wanted = words(acr_values);
  return contains(wanted, "phrh") && !contains(wanted, "phr");
}

Result<Asked> parse_asked(const Form& form) {
  const auto value = [&](const char* name) { return parameter(form, name).value_or(""); };
  Asked out{value("scope"),       value("resource"),      value("login_hint"),
            value("terminal_id"), value("terminal_name"), value("acr_values")};
  const auto within = [](const std::string& text, std::size_t bytes) { return text.size() <= bytes; };
  const std::pair<const char*, bool> bounds[] = {
      {"login_hint: visible ASCII, at most 64 bytes", within(out.login_hint, 64) && is_visible_ascii(out.login_hint)},
      {"terminal_id: text without controls, at most 64 bytes",
       within(out.terminal_id, 64) && is_plain_text(out.terminal_id)},
      {"terminal_name: text without controls, at most 200 bytes",
       within(out.terminal_name, 200) && is_plain_text(out.terminal_name)},
      {"acr_values: text without controls, at most 200 bytes",
       within(out.acr_values, 200) && is_plain_text(out.acr_values)},
      {"scope: text without controls, at most 200 bytes", within(out.scope, 200) && is_plain_text(out.scope)},
      {"resource: at most 1000 bytes", within(out.audience, 1000)}};
  for (const auto& [rule, kept] : bounds) {
    if (!kept) return Error(e::activation_request_malformed, rule);
  }
  return out;
}

Result<Asked> verify_asked(Asked asked, const store::Client& client) {
  if (client.resource_server || client.facility_code.empty()) {
    return Error(e::activation_client_not_allowed, client.client_id,
                 "rfc6749#section-5.2: the client may use this grant");
  }
  const auto scopes = words(asked.scope);
  const bool allowed =
      std::all_of(scopes.begin(), scopes.end(), [&](const auto& s) { return contains(client.scopes, s); });
  if (scopes.empty() || !allowed || std::set(scopes.begin(), scopes.end()).size() != scopes.size()) {
    return Error(e::activation_scope_not_allowed, asked.scope, "rfc6749#section-3.3: only scopes of this client");
  }
  if (asked.audience.empty() && !client.audiences.empty()) asked.audience = client.audiences.front();
  if (!contains(client.audiences, asked.audience)) {
    return Error(e::activation_target_not_allowed, asked.audience,
                 "rfc8707#section-2: a resource that this client may use");
  }
  const auto acr = words(asked.acr_values);
  if (!acr.empty() && !contains(acr, "phr") && !contains(acr, "phrh")) {
    return Error(e::activation_acr_unknown, asked.acr_values, "rfc9470#section-5: a level that can be reached");
  }
  return asked;
}

store::Handoff make_activation(const Services& services, const store::Client& client, const Asked& asked, Instant now) {
  store::Handoff out;
  out.id = random_secret(services.random, 12);
  out.kind = handoff::Kind::activation;
  out.client_id = client.client_id;
  out.facility_code = client.facility_code;
  out.terminal_id = asked.terminal_id;
  out.terminal_name = asked.terminal_name;
  out.login_hint = asked.login_hint;
  out.scope = asked.scope;
  out.audience = asked.audience;
  out.acr_values = asked.acr_values;
  out.created_at = now;
  out.expires_at = now + services.settings.expires_in;
  return out;
}

}  // namespace tegata::activation
