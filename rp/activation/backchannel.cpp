#include "rp/activation/backchannel.h"

#include <algorithm>

#include "rp/activation/asked.h"
#include "rp/activation/begin.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/request_object.h"
#include "rp/base/shown_text.h"

namespace tegata::activation {
namespace {

namespace e = errors;

constexpr std::size_t longest_message = 64;  // code points: more is not read by anybody who compares two screens

struct CibaRequest {
  Asked asked;
  std::string binding_message;
  std::chrono::seconds expires_in{};
};

std::size_t code_points(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<std::uint8_t>(c) & 0xc0) != 0x80; }));
}

Result<std::chrono::seconds> parse_expiry(const Services& services, const Form& form) {
  const auto asked = parameter(form, "requested_expiry");
  if (!asked) return services.settings.expires_in;
  const bool digits = std::all_of(asked->begin(), asked->end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || asked->size() > 9 || std::stol(*asked) == 0) {
    return Error(e::activation_request_malformed, "requested_expiry: whole seconds above 0");
  }
  return std::min(std::chrono::seconds(std::stol(*asked)), services.settings.longest_expiry);
}

Result<CibaRequest> parse_ciba_request(const Services& services, const Form& form) {
  CibaRequest out;
  for (const char* other : {"login_hint_token", "id_token_hint"}) {
    if (form.contains(other)) {
      return Error(e::activation_request_malformed, other, "ciba-core#auth_request: exactly one hint, login_hint");
    }
  }
  TEGATA_ASSIGN(out.asked, parse_asked(form));
  if (out.asked.login_hint.empty()) return Error(e::activation_request_malformed, "login_hint");
  out.binding_message = parameter(form, "binding_message").value_or("");
  const auto fault = code_points(out.binding_message) > longest_message ? "has more than 64 characters"
                                                                        : fault_of_shown_text(out.binding_message);
  if (fault) return Error(e::activation_binding_message, *fault, "ciba-core#auth_request: short and fit to be shown");
  TEGATA_ASSIGN(out.expires_in, parse_expiry(services, form));
  return out;
}

Result<Json> ask_backchannel(const Services& services, const http::Request& request) {
  TEGATA_ASSIGN(const Form sent, http::form_body(request));
  TEGATA_ASSIGN(const auto client, authenticate_client(services, request, sent));
  TEGATA_ASSIGN(const Form form, open_request_object(services, sent, client.client(), pass::RequestKind::backchannel));
  TEGATA_ASSIGN(CibaRequest parsed, parse_ciba_request(services, form));
  TEGATA_ASSIGN(const Asked asked, verify_asked(std::move(parsed.asked), client.client()));
  if (!contains(words(asked.scope), "openid")) {
    return Error(e::activation_scope_not_allowed, asked.scope, "ciba-core#auth_request: scope has openid");
  }
  const std::string auth_req_id = random_secret(services.random, 32), scan_token = random_secret(services.random, 16);
  store::Handoff next = make_activation(services, client.client(), asked, services.clock.now());
  next.flow = "ciba";
  next.secret = sha256(scan_token);
  next.device_code = sha256(auth_req_id);
  next.number = make_number(services.random);
  next.certificate = client.thumbprint();
  next.client_key = client.key();
  next.request = {{"binding_message", parsed.binding_message}};
  next.expires_at = next.created_at + parsed.expires_in;
  TEGATA_ASSIGN(const auto begun, services.store.write<store::Handoff>([&](store::Transaction& transaction) {
    return begin(transaction, services, request, next);
  }));
  return Json{{"auth_req_id", auth_req_id},
              {"expires_in", parsed.expires_in.count()},
              {"interval", services.settings.interval.count()},
              {"deep_link", services.settings.issuer + "/d#t=" + scan_token},
              {"number", begun.number}};
}

}  // namespace

http::Response backchannel(const Services& services, const http::Request& request) {
  const auto body = ask_backchannel(services, request);
  if (body) return oauth_response(200, *body);
  return start_refusal(services, request, "backchannel", body.error());
}

}  // namespace tegata::activation
