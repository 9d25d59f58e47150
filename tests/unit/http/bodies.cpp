// What is read of a request: cookies, language, bodies, and where it came from.
#include <catch2/catch.hpp>

#include "rp/base/errors.h"
#include "rp/http/errors.h"
#include "rp/http/http.h"

using namespace tegata;
using http::Request;

namespace {

Request with(const std::string& type, const std::string& body) {
  Request request;
  request.headers.emplace("content-type", type);
  request.body = body;
  return request;
}
Request form(const std::string& body) { return with("application/x-www-form-urlencoded", body); }

template <typename T>
std::string code_of(const Result<T>& result) {
  return result ? "no error" : std::string(result.error().code().name());
}

}  // namespace

TEST_CASE("a cookie is found by its whole name, in any of the lines") {
  Request request;
  request.cookies = *http::parse_cookies({"lang=en; __Host-tegata-session=abc;x=1", "__Host-tegata-start=2"});
  CHECK(request.cookie("__Host-tegata-session") == "abc");
  CHECK(request.cookie("lang") == "en");
  CHECK(request.cookie("__Host-tegata-start") == "2");
  CHECK_FALSE(request.cookie("x"));
  CHECK_FALSE(request.cookie("tegata-session"));
  CHECK_FALSE(request.cookie("__Host-tegata"));
  CHECK_FALSE(Request{}.cookie("lang"));
}

TEST_CASE("Japanese, unless the query, the page's switch or the browser asks for English") {
  Request request;
  CHECK(request.language() == "ja");
  request.headers.emplace("accept-language", "en-US,en;q=0.9,ja;q=0.8");
  CHECK(request.language() == "en");
  request.cookies = {{"lang", "ja"}};
  CHECK(request.language() == "ja");
  request.query.emplace("lang", "en");
  CHECK(request.language() == "en");
  Request french;
  french.headers.emplace("accept-language", "fr-CH, fr;q=0.9");
  CHECK(french.language() == "ja");
  french.cookies = {{"lang", "tlh"}};
  CHECK(french.language() == "ja");
}

TEST_CASE("a JSON body is an object of the right type") {
  CHECK(http::json_body(with("application/json", R"({"a":1})")));
  CHECK(http::json_body(with("Application/JSON ; charset=utf-8", "{}")));
  CHECK(code_of(http::json_body(with("text/plain", "{}"))) == "http_content_type");
  CHECK(code_of(http::json_body(Request{})) == "http_content_type");
  CHECK(code_of(http::json_body(with("application/json", "[]"))) == "json_member_type");
  CHECK(code_of(http::json_body(with("application/json", "{"))) == "json_malformed");
  CHECK(code_of(http::json_body(with("application/json", R"({"a":1,"a":2})"))) == "json_duplicate_key");
}

TEST_CASE("a form: names once, percent encoding in either case, UTF-8") {
  const auto read = http::form_body(form("scope=openid+hpki.sign&name=%E6%a4%9c&empty=&bare&&last=a%3Db"));
  REQUIRE(read);
  CHECK(read->at("scope") == "openid hpki.sign");
  CHECK(read->at("name") == "検");
  CHECK(read->at("last") == "a=b");
  CHECK(read->size() == 3);  // without a value: as if left out
  CHECK(http::form_body(form(""))->empty());
  CHECK(code_of(http::form_body(form("a=1&a=2"))) == "http_form_duplicate");
  CHECK(code_of(http::form_body(form("a=1&a="))) == "http_form_duplicate");
  CHECK(code_of(http::form_body(form("a=1&%61=2"))) == "http_form_duplicate");
  for (const auto* broken : {"a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "%=1"}) {
    INFO(broken);
    CHECK(code_of(http::form_body(form(broken))) == "http_form_malformed");
  }
  CHECK(code_of(http::form_body(with("application/json", "a=1"))) == "http_content_type");
}

TEST_CASE("a call of our own page carries exactly our origin, once, and is same-origin") {
  const auto from = [](const std::vector<std::string>& origins, const std::string& site) {
    Request request;
    for (const auto& origin : origins) request.headers.emplace("origin", origin);
    if (!site.empty()) request.headers.emplace("sec-fetch-site", site);
    return code_of(http::require_same_origin(request, "https://localhost:8443"));
  };
  CHECK(from({"https://localhost:8443"}, "same-origin") == "no error");
  CHECK(from({"https://localhost:8443"}, "same-site") == "http_cross_site");
  CHECK(from({"https://localhost:8443"}, "") == "http_cross_site");
  CHECK(from({"https://localhost"}, "same-origin") == "http_cross_site");
  CHECK(from({"https://localhost:8444"}, "same-origin") == "http_cross_site");
  CHECK(from({"null"}, "same-origin") == "http_cross_site");
  CHECK(from({}, "same-origin") == "http_cross_site");
  CHECK(from({"https://localhost:8443", "https://evil.example"}, "same-origin") == "http_cross_site");
}

TEST_CASE("defect: a language that had en in it was English, and weights were not read") {
  const auto language = [](std::initializer_list<const char*> lines) {
    Request request;
    for (const char* line : lines) request.headers.emplace("accept-language", line);
    return request.language();
  };
  CHECK(language({"fr-ben, sl-men"}) == "ja");
  CHECK(language({"ja;q=0.1, en"}) == "en");
  CHECK(language({"en;q=0"}) == "ja");
  CHECK(language({"fr", "EN"}) == "en");
}

TEST_CASE("defect: a Content-Type outside the grammar was taken for its beginning") {
  CHECK(code_of(http::json_body(with("application/json; charset", "{}"))) == "http_content_type");
  CHECK(code_of(http::json_body(with("application/json;charset=a;charset=b", "{}"))) == "http_content_type");
  CHECK(http::json_body(with("application/json\t; charset=\"utf-8\"", "{}")));
}
