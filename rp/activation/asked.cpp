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

// Every request is a fresh authentication, so any max_age is kept; it must only be one.
bool is_age(const std::string& text) {
  return text.size() <= 9 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::vector<std::string> words(const std::string& text) { return split(text, ' '); }

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool is_plain_text(const std::string& text) {
  if (!is_utf8(text)) return false;
  // From, to: controls, and what is not seen or turns what is read. UTF-8 sorts as the code points do.
  constexpr std::pair<std::string_view, std::string_view> refused[] = {{std::string_view("\0", 1), "\x1f"},
                                                                       {"\x7f", "\xc2\x9f"},
                                                                       {"\u061c", "\u061c"},
                                                                       {"\u200b", "\u200f"},
                                                                       {"\u2028", "\u202e"},
                                                                       {"\u2060", "\u206f"},
                                                                       {"\ufeff", "\ufeff"}};
  const auto size_of = [](unsigned char lead) -> std::size_t {
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  };
  for (std::string_view rest = text; !rest.empty();) {
    const auto character = rest.substr(0, size_of(static_cast<unsigned char>(rest.front())));
    for (const auto& [first, last] : refused) {
      if (first <= character && character <= last) return false;
    }
    rest.remove_prefix(character.size());
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
      {"max_age: whole seconds", is_age(value("max_age"))},
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
  out.id = random_id(services.random);
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
