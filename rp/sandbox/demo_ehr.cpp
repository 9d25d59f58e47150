#include "rp/sandbox/demo_ehr.h"

#include <httplib.h>

#include <optional>

#include "rp/base/errors.h"
#include "rp/sandbox/demo_desk.h"
#include "rp/server/edge/listening_thread.h"
#include "rp/server/edge/security_headers.h"
#include "web/assets.h"

namespace tegata::sandbox {
namespace {

void add_headers(httplib::Response& response) {
  http::Response secure;
  server::edge::add_security_headers({}, secure);
  for (const auto& [name, value] : secure.headers) response.set_header(name.c_str(), value);
}

std::string content_type(std::string_view path) {
  if (path.ends_with(".html")) return "text/html; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  return path.ends_with(".svg") ? "image/svg+xml" : "application/json";
}

// Its own files, and those that all pages share.
bool give_file(const std::string& path, httplib::Response& response) {
  for (const auto* assets : {&web_ehr_assets(), &web_assets()}) {
    const auto found = assets->find(path);
    if (found == assets->end()) continue;
    response.set_content(std::string(found->second), content_type(path).c_str());
    return true;
  }
  return false;
}

void answer(const Result<Json>& made, httplib::Response& response) {
  response.status = made ? 200 : 400;
  const Json refused = made ? Json() : Json{{"title", "EHR"}, {"detail", made.error().detail()}};
  response.set_content(dump_json(made ? *made : refused), "application/json");
}

// It holds facility certificates, so no other page in this browser, whatever its name resolves to, may use it.
bool is_own_call(const httplib::Request& request, const std::string& host) {
  if (request.get_header_value("Host") != host) return false;
  return request.method != "POST" || (request.get_header_value("Origin") == "http://" + host &&
                                      request.get_header_value("Content-Type") == "application/json");
}

}  // namespace

struct DemoEhr::Parts {
  Parts(const Json& sandbox, const std::string& callback, Random& random) : desk(sandbox, callback, random) {}
  void add_routes(const std::string& host);
  DemoDesk desk;
  httplib::Server server;
  std::optional<server::edge::ListeningThread> thread;
};

void DemoEhr::Parts::add_routes(const std::string& host) {
  server.set_pre_routing_handler([host](const httplib::Request& request, httplib::Response& response) {
    add_headers(response);
    if (is_own_call(request, host)) return httplib::Server::HandlerResponse::Unhandled;
    response.status = 403;
    return httplib::Server::HandlerResponse::Handled;
  });
  for (const char* place : {"/", "/callback"}) {
    server.Get(place, [](const auto&, auto& response) { give_file("ehr/index.html", response); });
  }
  server.Get(R"(/assets/(.+))", [](const httplib::Request& request, httplib::Response& response) {
    if (!give_file(request.matches[1], response)) response.status = 404;
  });
  server.Get("/api/parties", [this](const auto&, auto& response) { answer(desk.parties(), response); });
  using Action = Result<Json> (DemoDesk::*)(const Json&);
  const std::pair<const char*, Action> actions[] = {{"/api/ask", &DemoDesk::ask},
                                                    {"/api/poll", &DemoDesk::poll},
                                                    {"/api/check", &DemoDesk::check},
                                                    {"/api/end", &DemoDesk::end}};
  for (const auto& [place, action] : actions) {
    server.Post(place, [this, action = action](const httplib::Request& request, httplib::Response& response) {
      const auto wanted = parse_json(request.body, {4096, 8});
      answer(wanted ? (desk.*action)(*wanted) : Result<Json>(wanted.error()), response);
    });
  }
}

DemoEhr::DemoEhr() = default;
DemoEhr::~DemoEhr() = default;

Result<std::unique_ptr<DemoEhr>> DemoEhr::start(const Json& sandbox, int port, Random& random) {
  const std::string host = "127.0.0.1:" + std::to_string(port);
  std::unique_ptr<DemoEhr> ehr(new DemoEhr);
  ehr->parts_ = std::make_unique<Parts>(sandbox, "http://" + host + "/callback", random);
  ehr->parts_->add_routes(host);
  auto& server = ehr->parts_->server;
  server.set_payload_max_length(4096);
  if (!server.bind_to_port("127.0.0.1", port)) return Error(errors::internal, "demo EHR: port " + std::to_string(port));
  ehr->parts_->thread.emplace(server);
  return ehr;
}

}  // namespace tegata::sandbox
