// Doors of HTTP: fields of the head, and parameters, by the handlers themselves.
#include "rp/activation/errors.h"
#include "rp/http/http.h"
#include "rp/http/static_files.h"
#include "rp/server/edge/proxy_request.h"
#include "tests/readers/doors.h"
#include "tests/unit/activation/browser.h"

namespace tegata::test {
namespace {

using Lines = std::vector<std::string>;

// One line of the field for each line of the text.
http::Request with_field(const std::string& name, const std::string& text) {
  http::Request request;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    request.headers.emplace(name, text.substr(begin, end - begin));
    begin = end + 1;
  }
  return request;
}

Opened content_type(const std::string& text, const std::string& type, const std::string& body) {
  std::string capitals = type;
  for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  auto request = with_field("content-type", filled(filled(text, "{type}", type), "{TYPE}", capitals));
  request.body = body;
  return type == "application/json" ? opened(http::json_body(request)) : opened(http::form_body(request));
}

// One world for all rows: none of them is remembered by it.
struct Desk {
  KeyWorld world;
  AuthorizeBrowser browser{world};
  Parameters good = browser.parameters({});

  static std::string verdict_of(const http::Response& response) {
    return response.cause.empty() ? "good" : response.cause;
  }
  http::Response introspect(const std::multimap<std::string, std::string>& headers, const std::string& more = {}) {
    http::Request request;
    request.origin = http::Origin::facility;
    request.method = "POST";
    request.path = "/introspect";
    request.remote_address = "192.0.2.1";
    request.client_certificate = world.service.certificate;
    request.headers = headers;
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    request.body = "client_id=signer&token=x.y.z" + more;
    return world.router.handle(request);
  }
  Opened choose_answer(const std::string& accept) {
    const auto headers =
        accept.empty() ? std::multimap<std::string, std::string>() : with_field("accept", accept).headers;
    const auto type = header_of(introspect(headers), "Content-Type");
    return {type == "application/token-introspection+jwt" ? "signed" : type == "application/json" ? "json" : type};
  }
  Opened thumbprint_at_introspection(const std::string& text) {
    const auto response = introspect({}, "&presented_x5t_s256=" + KeyWorld::encode(text));
    // "x.y.z" is no pass: a thumbprint that is one is not even looked at.
    return {response.cause == "jws_malformed" ? "good" : response.cause};
  }
  Opened ask_device(const Parameters& form) {
    return {verdict_of(world.post_form(world.ehr, "/device_authorization", form))};
  }
  std::string form_of(const std::string& text) {
    std::string out;
    for (const auto& [name, value] : good) out += (out.empty() ? "" : "&") + name + "=" + KeyWorld::encode(value);
    return filled(text, "@", out);
  }
  Opened authorize_by_query(const std::string& text) {
    server::edge::RawRequest raw;
    raw.method = "GET";
    raw.target = "/authorize?" + form_of(text);
    raw.headers = {{"x-tegata-request-id", "1"}, {"x-tegata-remote-address", "192.0.2.3"}};
    auto request = server::edge::parse_proxy_request(http::Origin::public_pages, raw);
    if (!request) return opened(request.error());
    return {verdict_of(world.router.handle(*request))};
  }
  Opened post(const std::string& path, const std::string& body, const Party* party = nullptr) {
    http::Request request;
    request.origin = party ? http::Origin::facility : http::Origin::public_pages;
    request.method = "POST";
    request.path = path;
    request.remote_address = "192.0.2.3";
    if (party) request.client_certificate = party->certificate;
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    request.body = body;
    return {verdict_of(world.router.handle(request))};
  }
  Opened proof_at_token(const std::string& url) {
    const auto proof = world.dpop.proof("POST", filled(url, "{port}", "8445"), world.clock.now());
    const Parameters form = {{"client_id", "ehr-1"},
                             {"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                             {"device_code", "nobody's"}};
    const auto response = world.send({http::Origin::facility, "/token", form, proof, world.ehr.certificate});
    // The proof is judged before the code.
    return {response.cause == "activation_code_unknown" ? "good" : response.cause};
  }
};

std::vector<Door> doors_of(const std::shared_ptr<Desk>& desk) {
  const auto resource = [](const std::string& text) {
    return Parameters{{"scope", "openid hpki.sign"}, {"resource", text}};
  };
  return {
      {"accept", "introspection", "", [=](auto& text) { return desk->choose_answer(text); }},
      {"url", "DPoP at the token endpoint", "activation_dpop_refused",
       [=](auto& text) { return desk->proof_at_token(text); }},
      {"resource", "device authorization", "", [=](auto& text) { return desk->ask_device(resource(text)); }},
      {"resource", "backchannel", "",
       [=](auto& text) {
         auto form = resource(text);
         form["login_hint"] = "NOBODY01";
         return Opened{Desk::verdict_of(desk->world.post_form(desk->world.ehr, "/backchannel", form))};
       }},
      {"resource", "pushed request", "",
       [=](auto& text) {
         return Opened{Desk::verdict_of(desk->browser.push({{"resource", text}}))};
       }},
      {"thumbprint", "introspection", "activation_request_malformed",
       [=](auto& text) { return desk->thumbprint_at_introspection(text); }},
      {"thumbprint", "dpop_jkt", "activation_request_malformed",
       [=](auto& text) {
         auto form = desk->browser.parameters({{"dpop_jkt", text}, {"client_id", "ehr-1"}});
         return Opened{Desk::verdict_of(desk->world.post_form(desk->world.ehr, "/par", form))};
       }},
      {"shown text", "terminal_name", "activation_request_malformed",
       [=](auto& text) {
         return desk->ask_device({{"scope", "openid hpki.sign"}, {"terminal_name", text}});
       }},
      {"shown text", "binding_message", "activation_binding_message",
       [=](auto& text) {
         const Parameters form = {{"scope", "openid hpki.sign"}, {"login_hint", "NOBODY01"}, {"binding_message", text}};
         return Opened{Desk::verdict_of(desk->world.post_form(desk->world.ehr, "/backchannel", form))};
       }},
      {"parameters", "/authorize, in the address", "", [=](auto& text) { return desk->authorize_by_query(text); }},
      {"parameters", "/authorize, in a form", "",
       [=](auto& text) { return desk->post("/authorize", desk->form_of(text)); }},
      {"parameters", "/device_authorization", "",
       [=](auto& text) {
         return desk->post("/device_authorization", filled(text, "@", "client_id=ehr-1&scope=openid"),
                           &desk->world.ehr);
       }},
  };
}

}  // namespace

std::vector<Door> http_doors() {
  auto out = doors_of(std::make_shared<Desk>());
  out.push_back(
      {"content type", "JSON body", "", [](auto& text) { return content_type(text, "application/json", "{}"); }});
  out.push_back({"content type", "form", "",
                 [](auto& text) { return content_type(text, "application/x-www-form-urlencoded", "a=b"); }});
  out.push_back({"if-none-match", "files of pages", "", [](auto& text) {
                   const std::string path = "/assets/shared/style.css";
                   http::Router router;
                   http::add_static_routes(router);
                   http::Request plain;
                   plain.method = "GET";
                   plain.path = path;
                   auto request =
                       with_field("if-none-match", filled(text, "{tag}", header_of(router.handle(plain), "ETag")));
                   request.method = "GET";
                   request.path = path;
                   return Opened{router.handle(request).status == 304 ? "not-modified" : "whole"};
                 }});
  out.push_back({"accept-language", "pages", "",
                 [](auto& text) { return Opened{with_field("accept-language", text).language()}; }});
  out.push_back({"parameters", "form", "", [](auto& text) {
                   auto request = with_field("content-type", "application/x-www-form-urlencoded");
                   request.body = filled(text, "@", "client_id=ehr-1");
                   return opened(http::form_body(request));
                 }});
  return out;
}

}  // namespace tegata::test
