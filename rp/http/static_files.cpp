#include "rp/http/static_files.h"

#include "rp/http/accept.h"
#include "web/assets.h"

namespace tegata::http {
namespace {

std::string content_type(std::string_view path) {
  if (path.ends_with(".html")) return "text/html; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".json")) return "application/json";
  if (path.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

Handler file(std::string_view path, std::string_view content, bool page) {
  const auto tag = "\"" + hex(sha256(content)).substr(0, 16) + "\"";
  return [=](const Request& request) {
    Response response;
    response.headers.emplace("ETag", tag);
    response.headers.emplace("Cache-Control", page ? "no-store" : "no-cache");
    if (!page && has_entity_tag(request, tag)) {
      response.status = 304;
      return response;
    }
    response.headers.emplace("Content-Type", content_type(path));
    response.body = std::string(content);
    return response;
  };
}

}  // namespace

void add_static_routes(Router& router) {
  const auto& assets = web_assets();
  for (const auto& [path, content] : assets) {
    router.add(Origin::public_pages, "GET", "/assets/" + std::string(path), file(path, content, false));
  }
  const std::pair<const char*, const char*> pages[] = {{"/", "pc/index.html"},
                                                       {"/enroll", "pc/index.html"},
                                                       {"/p", "phone/enroll.html"},
                                                       {"/d", "phone/activate.html"},
                                                       {"/mynumber", "pc/mynumber.html"},
                                                       {"/devices", "pc/devices.html"},
                                                       {"/certificate", "pc/certificate.html"},
                                                       {"/authorize/choose", "pc/authorize.html"}};
  for (const auto& [place, path] : pages) {
    const auto found = assets.find(path);
    if (found != assets.end()) router.add(Origin::public_pages, "GET", place, file(found->first, found->second, true));
  }
}

}  // namespace tegata::http
