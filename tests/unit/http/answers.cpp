// What is answered: cookies, problems in the words of the catalogue, routes, the pages' files.
#include <catch2/catch.hpp>

#include "rp/http/errors.h"
#include "rp/http/http.h"
#include "rp/http/plain_page.h"
#include "rp/http/refusal_page.h"
#include "rp/http/static_files.h"
#include "web/assets.h"

using namespace tegata;
using http::Origin;
using http::Request;
using http::Response;

namespace {

Request asking(const std::string& method, const std::string& path, Origin origin = Origin::public_pages) {
  Request request;
  request.origin = origin;
  request.method = method;
  request.path = path;
  request.request_id = "r-1";
  return request;
}

std::string header(const Response& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("cookies are locked to this host and to the browser") {
  Response response;
  http::set_cookie(response, "__Host-tegata-session", "abc", 900);
  CHECK(header(response, "Set-Cookie") ==
        "__Host-tegata-session=abc; Max-Age=900; Path=/; Secure; HttpOnly; SameSite=Strict");
  Response until_closed;
  http::set_cookie(until_closed, "__Host-tegata-session", "abc");
  CHECK(header(until_closed, "Set-Cookie") == "__Host-tegata-session=abc; Path=/; Secure; HttpOnly; SameSite=Strict");
}

TEST_CASE("a redirect tells nobody where it came from") {
  const auto response = http::see_other("https://localhost:8443/enroll#c=x");
  CHECK(response.status == 303);
  CHECK(header(response, "Location") == "https://localhost:8443/enroll#c=x");
  CHECK(header(response, "Referrer-Policy") == "no-referrer");
  CHECK(header(response, "Cache-Control") == "no-store");
}

TEST_CASE("whoever opened an address gets a page, and a call of a page gets a problem") {
  auto request = asking("GET", "/nope");
  const Error error(errors::http_not_found, "secret detail");
  CHECK(header(http::problem(request, error), "Content-Type") == "application/problem+json");
  request.headers.emplace("sec-fetch-mode", "navigate");
  const auto page = http::problem(request, error);
  CHECK(page.status == 404);
  CHECK(page.cause == "http_not_found");
  CHECK(header(page, "Content-Type") == "text/html; charset=utf-8");
  CHECK(page.headers.count("Content-Type") == 1);
  CHECK(header(page, "Cache-Control") == "no-store");
  for (const char* words : {"E-905", "r-1", "href=\"/\"", "lang=\"en\""})
    CHECK(page.body.find(words) != std::string::npos);
  CHECK(page.body.find("secret detail") == std::string::npos);
}

TEST_CASE("the origin of cards has no first page and no style sheet: its pages bring both along") {
  auto request = asking("GET", "/nope", Origin::card);
  request.headers.emplace("sec-fetch-mode", "navigate");
  const Error error(errors::http_not_found);
  const auto bare = http::problem(request, error);
  CHECK(header(bare, "Content-Type") == "text/html; charset=utf-8");
  CHECK(bare.body.find("href=") == std::string::npos);
  const auto led = http::refusal_page(request, error, "https://tegata.example/");
  CHECK(led.body.find("data-testid=\"retry\" href=\"https://tegata.example/\"") != std::string::npos);
  // The policy knows the style that the page has, and lets nothing else in.
  const auto start = bare.body.find("<style>") + 7;
  const auto style = bare.body.substr(start, bare.body.find("</style>") - start);
  REQUIRE(style.size() > 100);
  CHECK(header(bare, "Content-Security-Policy") ==
        "default-src 'none'; style-src 'sha256-" + base64(sha256(style)) +
            "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  // It is quoted in the proxy's configuration.
  CHECK(http::plain_page("", "").find('\'') == std::string::npos);
}

TEST_CASE("an OAuth client is answered in OAuth's words, wherever it asks and however it came there") {
  auto request = asking("GET", "/nope");
  request.headers.emplace("sec-fetch-mode", "navigate");
  const auto [origin, path] = GENERATE(std::pair(Origin::facility, "/nope"), std::pair(Origin::public_pages, "/token"),
                                       std::pair(Origin::public_pages, "/.well-known/openid-configuration"));
  request.origin = origin;
  request.path = path;
  const auto refused = http::problem(request, Error(errors::http_method_not_allowed, "secret detail"));
  CHECK(refused.status == 405);
  CHECK(refused.cause == "http_method_not_allowed");
  CHECK(header(refused, "Content-Type") == "application/json");
  CHECK(header(refused, "Cache-Control") == "no-store");
  CHECK(refused.body.starts_with("{\"error\":\"invalid_request\",\"error_description\":\""));
  CHECK(refused.body.find("secret detail") == std::string::npos);
  const auto busy = http::problem(request, Error(ErrorCode("store_unavailable")));
  CHECK(busy.body.starts_with("{\"error\":\"temporarily_unavailable\""));
  CHECK(header(busy, "Retry-After") == "5");
  CHECK(http::problem(request, Error(ErrorCode("internal"))).body.starts_with("{\"error\":\"server_error\""));
}

TEST_CASE("a problem speaks the person's language and keeps the cause to the log") {
  auto request = asking("POST", "/x");
  const auto japanese = http::problem(request, Error(ErrorCode("ticket_unknown"), "secret detail"));
  CHECK(japanese.status == 404);
  CHECK(japanese.cause == "ticket_unknown");
  CHECK(header(japanese, "Content-Type") == "application/problem+json");
  CHECK(japanese.headers.count("Content-Type") == 1);
  CHECK(header(japanese, "Cache-Control") == "no-store");
  CHECK(japanese.body.find("secret detail") == std::string::npos);
  const auto body = parse_json(japanese.body);
  REQUIRE(body);
  CHECK((*body)["code"] == "E-204");
  CHECK((*body)["status"] == 404);
  CHECK((*body)["request_id"] == "r-1");
  CHECK((*body)["counts"] == false);
  CHECK_FALSE(body->contains("cause"));
  request.query.emplace("lang", "en");
  const auto english = parse_json(http::problem(request, Error(ErrorCode("ticket_unknown"))).body);
  REQUIRE(english);
  CHECK((*english)["title"] != (*body)["title"]);
  CHECK((*english)["detail"] != "");
}

TEST_CASE("strangers cannot tell causes apart that share a shown code") {
  const auto answer = [](const char* code) { return http::problem(asking("POST", "/x"), Error(ErrorCode(code))).body; };
  CHECK(answer("ticket_unknown") == answer("ticket_expired"));
  CHECK(answer("ticket_unknown") == answer("ticket_not_owner"));
  CHECK(answer("ticket_unknown") == answer("ticket_over"));
  CHECK(answer("card_unknown_person") == answer("card_person_suspended"));
}

TEST_CASE("defect: the page of an outage did not say when to come back") {
  auto request = asking("GET", "/nope");
  request.headers.emplace("sec-fetch-mode", "navigate");
  const auto page = http::problem(request, Error(ErrorCode("store_busy")));
  CHECK(page.status == 503);
  CHECK(header(page, "Retry-After") == "5");
}

TEST_CASE("a cause that nobody wrote words for reads as a fault of ours; an outage says when to come back") {
  const auto unknown = http::problem(asking("GET", "/"), Error(ErrorCode("never_heard_of")));
  CHECK(unknown.status == 500);
  CHECK(unknown.cause == "never_heard_of");
  const auto busy = http::problem(asking("GET", "/"), Error(ErrorCode("store_busy")));
  CHECK(busy.status == 503);
  CHECK_FALSE(header(busy, "Retry-After").empty());
}

TEST_CASE("what is wrong with a request is the caller's fault, not ours") {
  const std::pair<const char*, int> all[] = {{"http_not_found", 404},      {"http_method_not_allowed", 405},
                                             {"http_content_type", 415},   {"http_form_malformed", 400},
                                             {"http_form_duplicate", 400}, {"http_cross_site", 403}};
  for (const auto& [code, status] : all) {
    INFO(code);
    CHECK(http::message_for(code, "en").status == status);
  }
}

TEST_CASE("routes are exact, per origin and method") {
  http::Router router;
  router.add(Origin::public_pages, "POST", "/api/x", [](const Request&) {
    return http::json_response(200, {{"at", "public"}});
  });
  router.add(Origin::public_pages, "GET", "/api/x", [](const Request&) {
    return http::json_response(200, {{"at", "get"}});
  });
  router.add(Origin::card, "POST", "/api/x", [](const Request&) { return http::json_response(200, {{"at", "card"}}); });
  CHECK(router.handle(asking("POST", "/api/x")).body == R"({"at":"public"})");
  CHECK(router.handle(asking("HEAD", "/api/x")).body == R"({"at":"get"})");
  CHECK(router.handle(asking("POST", "/api/x", Origin::card)).body == R"({"at":"card"})");
  for (const auto* path : {"/api/x/", "/api/X", "/api", "", "/api/x?y", "//api/x"}) {
    CHECK(router.handle(asking("POST", path)).cause == "http_not_found");
  }
  CHECK(router.handle(asking("POST", "/api/x", Origin::facility)).cause == "http_not_found");
  const auto refused = router.handle(asking("DELETE", "/api/x"));
  CHECK(refused.cause == "http_method_not_allowed");
  CHECK(header(refused, "Allow") == "GET, POST");
  CHECK(router.routes().size() == 3);
}

TEST_CASE("pages and their files") {
  http::Router router;
  http::add_static_routes(router);
  for (const auto* page : {"/", "/enroll", "/p", "/d", "/devices", "/mynumber", "/authorize/choose"}) {
    INFO(page);
    const auto response = router.handle(asking("GET", page));
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "text/html; charset=utf-8");
    CHECK(header(response, "Cache-Control") == "no-store");
    CHECK_FALSE(response.body.empty());
  }
  const auto script = router.handle(asking("GET", "/assets/phone/enroll.js"));
  CHECK(script.body == web_assets().at("phone/enroll.js"));
  CHECK(header(script, "Content-Type") == "text/javascript; charset=utf-8");
  auto again = asking("GET", "/assets/phone/enroll.js");
  again.headers.emplace("if-none-match", header(script, "ETag"));
  CHECK(router.handle(again).status == 304);
  CHECK(router.handle(again).body.empty());
  CHECK(router.handle(asking("GET", "/assets/../rp/main.cpp")).cause == "http_not_found");
  CHECK(router.handle(asking("GET", "/assets/phone/enroll.js", Origin::card)).cause == "http_not_found");
}
