#include "rp/activation/authorize.h"

#include "rp/activation/authorization_request.h"
#include "rp/activation/begin.h"
#include "rp/activation/deployed_profile.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/par.h"
#include "rp/activation/request_object.h"
#include "rp/http/errors.h"
#include "rp/http/refusal_page.h"
#include "rp/store/proofs.h"

namespace tegata::activation {
namespace {

namespace e = errors;

// A new transaction and the browser's secret for it.
struct Begun {
  store::Handoff handoff;
  std::string cookie;
};

// Each name once, as in a form.
Result<Form> parameters_of(const http::Request& request) {
  if (request.method == "POST") return http::form_body(request);
  Form out;
  for (const auto& [name, value] : request.query) {
    if (!out.emplace(name, value).second) {
      return Error(e::activation_request_malformed, name.substr(0, 64), "rfc6749#section-3.1: a parameter stands once");
    }
  }
  std::erase_if(out, [](const auto& parameter) { return parameter.second.empty(); });
  return out;
}

Result<store::Client> client_of(store::Reader& reader, const Settings& settings, const Form& form, Instant now) {
  const std::string id = parameter(form, "client_id").value_or("");
  TEGATA_ASSIGN(auto client, store::find_client(reader, id));
  if (!client) return Error(e::activation_client_inactive, id.substr(0, 64));
  TEGATA_TRY(verify_deployed_standing(settings, *client));
  TEGATA_TRY(verify_standing(reader, *client, std::nullopt, now));
  return std::move(*client);
}

// The parameters that count, and whether the client itself pushed them ahead.
struct Effective {
  Form form;
  bool pushed = false;
};

// What a browser brings, anybody may have written, or have brought before where it is signed: it names no terminal,
// neither to show it nor to cancel what it has.
Form without_terminal(Form form) {
  form.erase("terminal_id");
  form.erase("terminal_name");
  return form;
}

Result<Effective> effective(store::Transaction& transaction, const Form& form, const std::string& client_id) {
  const auto uri = parameter(form, "request_uri");
  // One that lies elsewhere is refused with the rest, and so told to the client.
  if (!uri || !uri->starts_with(request_uri_prefix)) return Effective{without_terminal(form)};
  const Error unknown(e::activation_request_uri, client_id, "rfc9126#section-4: a request_uri of this client, once");
  TEGATA_ASSIGN(const auto pushed,
                store::take_pushed_request(transaction, sha256(uri->substr(request_uri_prefix.size())), client_id));
  if (!pushed) return unknown;
  Effective out{{}, true};
  for (const auto& [name, value] : pushed->items()) out.form.emplace(name, value.get<std::string>());
  return out;
}

store::Handoff make_handoff(const Services& services, const store::Client& client, const AuthorizationRequest& asked,
                            bool pushed, const std::string& cookie, Instant now) {
  store::Handoff out = make_activation(services, client, asked.asked, now);
  out.flow = "code";
  out.secret = sha256(scan_token_of(cookie));
  out.session = sha256(cookie);
  out.number = make_number(services.random);
  out.request = to_json(asked);
  out.redirect_uri = asked.registered_uri;
  out.unproved = !pushed;
  if (const auto method = deployed_method(services.settings, client.client_id)) out.request["method"] = *method;
  out.expires_at = now + services.settings.authorize_life;
  return out;
}

// Where an error goes that the client may learn.
struct Refused {
  std::string location;  // empty: the browser is shown what is wrong
};

std::string error_uri(const Services& services, const Form& form, const std::string& redirect_uri, const Error& error) {
  const OAuthError words = oauth_error_of(error.code());
  // rfc6749#section-4.1.2.1 has no name for "slow down".
  const std::string name = words.status == 401   ? "unauthorized_client"
                           : words.status == 429 ? "temporarily_unavailable"
                                                 : std::string(words.error);
  std::vector<std::pair<std::string, std::string>> answer = {{"error", name}};
  if (!words.description.empty()) answer.emplace_back("error_description", words.description);
  return answer_uri(redirect_uri, parameter(form, "state").value_or(""), services.settings.issuer, answer);
}

Result<store::Handoff> begin_asked(store::Transaction& transaction, const Services& services,
                                   const http::Request& request, const Effective& effective,
                                   const store::Client& client, const std::string& cookie) {
  TEGATA_ASSIGN(const auto asked, verify_authorization_request(effective.form, client));
  if (!effective.pushed) TEGATA_TRY(verify_pace(services, request, services.memory->starts));
  return begin(transaction, services, request,
               make_handoff(services, client, asked, effective.pushed, cookie, transaction.now()));
}

Result<Begun> begin_here(store::Transaction& transaction, const Services& services, const http::Request& request,
                         const Form& sent, const store::Client& client, Refused& refused) {
  TEGATA_ASSIGN(const Effective asked, effective(transaction, sent, client.client_id));
  TEGATA_ASSIGN(const std::string redirect_uri, verify_redirect_uri(asked.form, client));
  Begun out{{}, random_secret(services.random, 32)};
  auto begun = begin_asked(transaction, services, request, asked, client, out.cookie);
  if (!begun) {
    refused.location = error_uri(services, asked.form, redirect_uri, begun.error());
    return begun.error();
  }
  out.handoff = std::move(*begun);
  return out;
}

Result<Begun> ask(const Services& services, const http::Request& request, Refused& refused) {
  TEGATA_ASSIGN(const Form sent, parameters_of(request));
  TEGATA_ASSIGN(const auto client, services.store.read<store::Client>([&](store::Reader& reader) {
    return client_of(reader, services.settings, sent, services.clock.now());
  }));
  // What is wrong with an object is shown: beside it nothing counts (RFC 9101 section 6.3), so nobody is to be told.
  TEGATA_ASSIGN(const Form form, open_request_object(services, sent, client, pass::RequestKind::authorization));
  return services.store.write<Begun>([&](store::Transaction& transaction) {
    return begin_here(transaction, services, request, form, client, refused);
  });
}

// The language that the client asks for, where the person has not chosen one.
void speak(const http::Request& request, const std::string& ui_locales, http::Response& response) {
  if (request.cookie("lang")) return;
  for (const auto& locale : words(ui_locales)) {
    const std::string language = locale.substr(0, 2);
    if (language != "ja" && language != "en") continue;
    response.headers.emplace("Set-Cookie", "lang=" + language + "; Path=/; Max-Age=31536000; SameSite=Lax; Secure");
    return;
  }
}

// A browser goes to this address in a window of its own: a site's picture, script or frame begins nothing, and uses up
// nothing of whoever looks at that site (Fetch Metadata, sections 2.1 to 2.3). What says nothing of a site is no
// browser, or an old one.
bool is_navigation(const http::Request& request) {
  if (!request.header("sec-fetch-site")) return true;
  return request.header("sec-fetch-mode").value_or("navigate") == "navigate" &&
         request.header("sec-fetch-dest").value_or("document") == "document";
}

http::Response shown(const http::Request& request, const Error& error) {
  auto response = http::refusal_page(request, error);
  if (response.status != 503) response.status = 400;
  return response;
}

}  // namespace

void set_authorize_cookie(const Services& services, const http::Request& request, http::Response& response,
                          const std::string& handoff_id, const std::string& cookie) {
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(services.settings.authorize_life);
  http::set_handoff_cookie(request, response, authorize_cookie, handoff_id, cookie, life.count() + 60);
}

std::string scan_token_of(const std::string& cookie) {
  const Digest made = hmac_sha256(as_bytes(cookie), as_bytes("scan token"));
  return base64url(ByteView(made).first(16));
}

http::Response authorize(const Services& services, const http::Request& request) {
  // A question about the address alone must not begin anything.
  if (request.method == "HEAD") return http::method_not_allowed(request, "GET, POST");
  if (!is_navigation(request)) {
    const Deed deed = deed_of_phone(request, "unknown", "authorize");
    return shown(request, refuse(services, request, deed, Error(e::http_cross_site, "not opened by a person")));
  }
  Refused refused;
  const auto begun = ask(services, request, refused);
  if (begun) {
    auto response = http::see_other("/authorize/choose#x=" + begun->handoff.id);
    set_authorize_cookie(services, request, response, begun->handoff.id, begun->cookie);
    speak(request, begun->handoff.request.value("ui_locales", ""), response);
    return response;
  }
  const Error error = refuse(services, request, deed_of_phone(request, "unknown", "authorize"), begun.error());
  if (refused.location.empty()) return shown(request, error);
  auto response = http::see_other(refused.location);
  response.cause = std::string(error.code().name());
  return response;
}

}  // namespace tegata::activation
