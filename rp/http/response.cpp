#include "rp/http/errors.h"
#include "rp/http/http.h"
#include "rp/http/oauth_call.h"
#include "rp/http/refusal_page.h"
#include "web/assets.h"

namespace tegata::http {
namespace {

const Json& catalogue() {
  static const Json parsed = [] {
    const auto& assets = web_assets();
    const auto found = assets.find("text/errors.json");
    auto json = found == assets.end() ? Result<Json>(Json::object()) : parse_json(found->second, {1 << 20, 16});
    return json ? *json : Json::object();
  }();
  return parsed;
}

const Json& member(const Json& object, std::string_view name) {
  static const Json none = Json::object();
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

}  // namespace

Response json_response(int status, const Json& body) {
  Response response;
  response.status = status;
  response.headers.emplace("Content-Type", "application/json");
  response.headers.emplace("Cache-Control", "no-store");
  response.body = dump_json(body);
  return response;
}

Response see_other(const std::string& location) {
  Response response;
  response.status = 303;
  response.headers.emplace("Location", location);
  response.headers.emplace("Referrer-Policy", "no-referrer");
  response.headers.emplace("Cache-Control", "no-store");
  return response;
}

void set_cookie(Response& response, const std::string& name, const std::string& value) {
  response.headers.emplace("Set-Cookie", name + "=" + value + "; Path=/; Secure; HttpOnly; SameSite=Strict");
}

void set_cookie(Response& response, const std::string& name, const std::string& value, std::int64_t max_age) {
  set_cookie(response, name, value + "; Max-Age=" + std::to_string(max_age));
}

void set_handoff_cookie(const Request& request, Response& response, std::string_view kind, const std::string& id,
                        const std::string& value, std::int64_t max_age) {
  const auto name = std::string(kind) + id;
  std::vector<std::string> others;
  for (const auto& cookie : request.cookies) {
    if (kind_of(cookie.name) == kind && cookie.name != name) others.push_back(cookie.name);
  }
  for (std::size_t i = 0; i + most_of_a_kind <= others.size(); ++i) set_cookie(response, others[i], "", 0);
  set_cookie(response, name, value, max_age);
}

Message message_for(std::string_view code, const std::string& language) {
  const auto& causes = member(catalogue(), "causes");
  const auto& cause = member(causes, causes.contains(code) ? code : "internal");
  Message message;
  message.shown = cause.value("shown", "E-900");
  message.status = cause.value("status", 500);
  message.counts = cause.value("counts", false);
  const auto& words = member(member(member(catalogue(), "shown"), message.shown), language);
  message.title = words.value("title", message.shown);
  message.detail = words.value("detail", "");
  return message;
}

Response problem(const Request& request, const Error& error, const Json& extra) {
  if (is_oauth_call(request)) return oauth_problem(error);
  if (is_opened(request)) return refusal_page(request, error);
  const auto message = message_for(error.code().name(), request.language());
  Json body = {{"type", "about:blank"},           {"title", message.title}, {"status", message.status},
               {"detail", message.detail},        {"code", message.shown},  {"counts", message.counts},
               {"request_id", request.request_id}};
  body.update(extra);
  auto response = json_response(message.status, body);
  response.headers.erase("Content-Type");
  response.headers.emplace("Content-Type", "application/problem+json");
  response.headers.emplace("Content-Language", request.language());
  if (message.status == 503) response.headers.emplace("Retry-After", "5");
  response.cause = std::string(error.code().name());
  return response;
}

}  // namespace tegata::http
