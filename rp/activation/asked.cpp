#include "rp/activation/asked.h"

#include <algorithm>
#include <set>

#include "rp/activation/errors.h"
#include "rp/base/shown_text.h"
#include "rp/base/split.h"
#include "rp/base/uri.h"

namespace tegata::activation {
namespace {

namespace e = errors;

bool is_ascii_from(char first, const std::string& text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return c >= first && c < '\x7f'; });
}
bool is_visible_ascii(const std::string& text) { return is_ascii_from('!', text); }

// What the person at the phone reads.
Status verify_shown(const char* name, const std::string& text, std::size_t most_bytes) {
  const auto broken = [&](const std::string& why) {
    return Error(e::activation_request_malformed, name + (": " + why));
  };
  if (text.size() > most_bytes) return broken("at most " + std::to_string(most_bytes) + " bytes");
  if (const auto fault = fault_of_shown_text(text)) return broken(*fault);
  return {};
}

// Every request is a fresh authentication, so any max_age is kept; it must only be one.
bool is_age(const std::string& text) {
  return text.size() <= 9 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The registered name of the service that is asked for; without a resource the first.
Result<std::string> audience_of(const std::string& resource, const store::Client& client) {
  const auto& own = client.audiences;
  if (resource.empty() && !own.empty()) return own.front();
  if (contains(own, resource)) return resource;
  const auto wanted = normalize_http_uri(resource);
  const auto same = [&](const std::string& one) { return wanted && normalize_http_uri(one) == wanted; };
  if (const auto found = std::ranges::find_if(own, same); found != own.end()) return *found;
  return Error(e::activation_target_not_allowed, resource, "rfc8707#section-2: a resource that this client may use");
}

}  // namespace

std::vector<std::string> words(const std::string& text) { return split(text, ' '); }

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool is_words(const std::string& text) { return is_ascii_from(' ', text); }

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
      {"acr_values: visible ASCII and spaces, at most 200 bytes",
       within(out.acr_values, 200) && is_words(out.acr_values)},
      {"scope: visible ASCII and spaces, at most 200 bytes", within(out.scope, 200) && is_words(out.scope)},
      {"max_age: whole seconds", is_age(value("max_age"))},
      {"resource: at most 1000 bytes", within(out.audience, 1000)}};
  for (const auto& [rule, kept] : bounds) {
    if (!kept) return Error(e::activation_request_malformed, rule);
  }
  TEGATA_TRY(verify_shown("terminal_id", out.terminal_id, 64));
  TEGATA_TRY(verify_shown("terminal_name", out.terminal_name, 200));
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
  TEGATA_ASSIGN(asked.audience, audience_of(asked.audience, client));
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
