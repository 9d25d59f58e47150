#include "rp/base/media_type.h"

#include <catch2/catch.hpp>

#include "rp/base/thumbprint.h"
#include "rp/base/uri.h"

using namespace tegata;

TEST_CASE("a media type with its parameters") {
  const auto read = parse_parameterized("Text/HTML ;Level=1; title=\"a;\\\"b\";;");
  REQUIRE(read);
  CHECK(read->value == "text/html");
  REQUIRE(read->parameters.size() == 2);
  CHECK(read->parameters[0] == std::pair<std::string, std::string>("level", "1"));
  CHECK(read->parameters[1] == std::pair<std::string, std::string>("title", "a;\"b"));
  CHECK(list_elements({"a, \"b,c\"", " ,d"}) == std::vector<std::string_view>{"a", "\"b,c\"", "d"});
}

TEST_CASE("URLs in their one form") {
  const std::pair<const char*, const char*> forms[] = {
      {"HTTP://Example.ORG:80", "http://example.org/"},
      {"https://example.org:8443/a/b/../c/.?x=%7e%2f", "https://example.org:8443/a/c/?x=~%2F"},
      {"https://[2001:DB8::1]:443/%c3%A9", "https://[2001:db8::1]/%C3%A9"},
      {"https://example.org/..", "https://example.org/"},
      {"https://example.org?", "https://example.org/?"}};
  for (const auto& [text, form] : forms) CHECK(normalize_http_uri(text) == form);
  for (const char* none : {"", "https:", "https://", "https:///a", "ftp://a/b", "https://a:b/", "https://a/ ",
                           "https://a/#", "https://a/%", "https://a/%0g", "https://[::1", "https://[x]/"}) {
    INFO(none);
    CHECK_FALSE(normalize_http_uri(none));
  }
}

TEST_CASE("a thumbprint is found by its beginning") {
  const Digest one = sha256(std::string_view("one"));
  const std::string text = base64url(one);
  for (std::size_t size = 8; size <= text.size(); ++size) {
    const auto range = parse_thumbprint_beginning(text.substr(0, size));
    REQUIRE(range);
    CHECK((range->first <= one && one <= range->second));
  }
  const auto few = parse_thumbprint_beginning("AAAAAAAA");
  REQUIRE(few);
  CHECK(few->first == Digest{});
  CHECK(base64url(few->second) == "AAAAAAAA" + std::string(34, '_') + "8");
  CHECK_FALSE(parse_thumbprint_beginning(text.substr(0, 7)));
  CHECK_FALSE(parse_thumbprint_beginning(text + "A"));
}
