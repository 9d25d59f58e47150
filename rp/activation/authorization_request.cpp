#include "rp/activation/authorization_request.h"

#include <algorithm>

#include "rp/activation/errors.h"
#include "rp/base/thumbprint.h"

namespace tegata::activation {
namespace {

namespace e = errors;

constexpr std::size_t longest_value = 512;

Error malformed(const std::string& what) { return Error(e::activation_request_malformed, what); }

// A SHA-256 value.
Status verify_digest(const Form& form, const std::string& name) {
  const auto read = parse_thumbprint(parameter(form, name).value_or(""));
  if (!read) return malformed(name + ": " + read.error().detail());
  return {};
}

// The URI without the port, where it is plain http to a loopback address written as digits; empty for any other.
std::string without_loopback_port(const std::string& uri) {
  for (const std::string_view host : {"http://127.0.0.1", "http://[::1]"}) {
    if (!uri.starts_with(host)) continue;
    std::string rest = uri.substr(host.size());
    if (rest.starts_with(':')) {
      const auto end = rest.find_first_not_of("0123456789", 1);
      const auto port = rest.substr(1, std::min<std::size_t>(end, rest.size()) - 1);
      if (port.empty() || port.size() > 5 || std::stoi(port) < 1 || std::stoi(port) > 65535) return {};
      rest = end == std::string::npos ? std::string() : rest.substr(end);
    }
    if (rest.empty() || rest.front() == '/' || rest.front() == '?') return std::string(host) + rest;
  }
  return {};
}

Status verify_prompt(const Form& form) {
  const auto prompts = words(parameter(form, "prompt").value_or(""));
  constexpr std::string_view known[] = {"login", "consent", "select_account"};
  for (const auto& prompt : prompts) {
    if (prompt == "none" && prompts.size() == 1) {
      return Error(e::activation_login_required, {}, "oidc-core#AuthRequest: prompt none shows no page");
    }
    if (std::find(std::begin(known), std::end(known), prompt) == std::end(known)) return malformed("prompt");
  }
  return {};
}

Status verify_kind(const Form& form) {
  if (form.contains("request_uri")) {
    return Error(e::activation_request_uri_elsewhere, {}, "oidc-core#RequestUriParameter: not supported");
  }
  const auto type = parameter(form, "response_type");
  if (!type) return malformed("response_type");
  if (type != "code") {
    return Error(e::activation_response_type, *type, "rfc6749#section-4.1.1: response_type is code");
  }
  if (parameter(form, "response_mode").value_or("query") != "query") return malformed("response_mode: query");
  if (parameter(form, "code_challenge_method") != "S256") return malformed("code_challenge_method: S256");
  TEGATA_TRY(verify_digest(form, "code_challenge"));
  if (form.contains("dpop_jkt")) TEGATA_TRY(verify_digest(form, "dpop_jkt"));
  return {};
}

Status verify_texts(const Form& form) {
  for (const char* name : {"state", "nonce", "ui_locales"}) {
    const std::string value = parameter(form, name).value_or("");
    if (value.size() > longest_value || !is_words(value)) return malformed(name);
  }
  return {};
}

std::string percent_encode(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<std::uint8_t>(c);
    constexpr const char* digits = "0123456789ABCDEF";
    out += plain ? std::string(1, c) : std::string{'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

}  // namespace

std::optional<std::string> find_registered(const std::string& uri, const std::vector<std::string>& registered) {
  if (contains(registered, uri)) return uri;
  const std::string bare = without_loopback_port(uri);
  const auto found = std::find_if(registered.begin(), registered.end(),
                                  [&](const auto& one) { return without_loopback_port(one) == bare; });
  return bare.empty() || found == registered.end() ? std::nullopt : std::optional(*found);
}

Result<std::string> verify_redirect_uri(const Form& form, const store::Client& client) {
  const std::string uri = parameter(form, "redirect_uri").value_or("");
  if (find_registered(uri, client.redirect_uris)) return uri;
  return Error(e::activation_redirect_uri, client.client_id,
               "rfc9700#section-4.1.3: redirect_uri equals a registered one");
}

Result<AuthorizationRequest> verify_authorization_request(const Form& form, const store::Client& client) {
  AuthorizationRequest out;
  TEGATA_ASSIGN(out.redirect_uri, verify_redirect_uri(form, client));
  out.registered_uri = find_registered(out.redirect_uri, client.redirect_uris).value_or("");
  TEGATA_TRY(verify_kind(form));
  TEGATA_TRY(verify_prompt(form));
  TEGATA_TRY(verify_texts(form));
  TEGATA_ASSIGN(Asked asked, parse_asked(form));
  TEGATA_ASSIGN(out.asked, verify_asked(std::move(asked), client));
  out.state = parameter(form, "state").value_or("");
  out.nonce = parameter(form, "nonce").value_or("");
  out.code_challenge = parameter(form, "code_challenge").value_or("");
  out.dpop_jkt = parameter(form, "dpop_jkt").value_or("");
  out.ui_locales = parameter(form, "ui_locales").value_or("");
  return out;
}

Json to_json(const AuthorizationRequest& request) {
  return {
      {"redirect_uri", request.redirect_uri},     {"state", request.state},       {"nonce", request.nonce},
      {"code_challenge", request.code_challenge}, {"dpop_jkt", request.dpop_jkt}, {"ui_locales", request.ui_locales}};
}

std::string answer_uri(const std::string& redirect_uri, const std::string& state, const std::string& issuer,
                       const std::vector<std::pair<std::string, std::string>>& answer) {
  std::string out = redirect_uri;
  const auto add = [&](const std::string& name, const std::string& value) {
    out += (out.find('?') == std::string::npos ? "?" : "&") + name + "=" + percent_encode(value);
  };
  for (const auto& [name, value] : answer) add(name, value);
  if (!state.empty()) add("state", state);
  add("iss", issuer);
  return out;
}

}  // namespace tegata::activation
