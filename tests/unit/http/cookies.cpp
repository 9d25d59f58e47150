// Which cookies of a line are ours.
#include "rp/http/cookies.h"

#include <catch2/catch.hpp>

#include "rp/http/errors.h"
#include "rp/http/http.h"

using namespace tegata;

namespace {

using Lines = std::vector<std::string_view>;

std::vector<std::string> names(const Lines& lines) {
  const auto parsed = http::parse_cookies(lines);
  REQUIRE(parsed);
  std::vector<std::string> out;
  for (const auto& cookie : *parsed) out.push_back(cookie.name);
  return out;
}

}  // namespace

TEST_CASE("defect: a cookie of somebody else became one of ours by decoding") {
  for (const std::string_view line : {
           "x=1%3B%20__Host-tegata-session=V",
           "x=1%3b__Host-tegata-session=V",
           "x=1%u003B __Host-tegata-session=V",
           "%5F%5FHost-tegata-session=V",
           "__Host%2Dtegata-session=V",
           "\xc2\x85__Host-tegata-session=V",
           "\xc2\xa0__Host-tegata-session=V",
           "\v__Host-tegata-session=V",
           "$Version=1, __Host-tegata-session=V",
           "x=\"1, __Host-tegata-session=V\"",
           "__host-tegata-session=V",
           "__Host-tegata-session",
           "=__Host-tegata-session=V",
           "x=__Host-tegata-session=V",
           "__Host-tegata-session V",
           "__Host-tegata-session =V",
           "a=1;  __Host-tegata-session=V",
           "a=1;\t__Host-tegata-session=V",
           "lang2=en",
       }) {
    INFO(line);
    CHECK(names({line}).empty());
  }
}

TEST_CASE("names and values stay octet by octet: one space behind a semicolon goes, and nothing else") {
  const auto parsed = http::parse_cookies({"__Host-tegata-session=%41+b%3B ;__Host-tegata-start==; lang=en"});
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 3);
  CHECK((*parsed)[0].value == "%41+b%3B ");
  CHECK((*parsed)[1].name == "__Host-tegata-start");
  CHECK((*parsed)[1].value == "=");
}

TEST_CASE("a __Host- cookie of ours that stands twice is refused, in one line or in two; others may") {
  for (const auto& lines : {Lines{"__Host-tegata-session=a; x=1; __Host-tegata-session=b"},
                            Lines{"__Host-tegata-session=a", "__Host-tegata-session=a"}}) {
    const auto parsed = http::parse_cookies(lines);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == errors::http_cookies_unusable);
  }
  CHECK(names({"x=1; x=2; __Host-other=1; __Host-other=2; lang=en; lang=ja"}) == std::vector<std::string>{"lang"});
}

TEST_CASE("of a kind the last eight, however many there are") {
  std::string line = "__Host-tegata-session=s";
  for (int i = 0; i < 12; ++i) line += "; __Host-tegata-phone-" + std::to_string(i) + "=v";
  line += "; __Host-tegata-authorize-7=v";
  const auto kept = names({line});
  REQUIRE(kept.size() == 10);
  CHECK(kept[0] == "__Host-tegata-session");
  CHECK(kept[1] == "__Host-tegata-phone-4");
  CHECK(kept[8] == "__Host-tegata-phone-11");
  // A site that sends a browser here again and again has it hold many: that is no reason to refuse it.
  for (int i = 0; i < 600; ++i) line += "; __Host-tegata-authorize-a" + std::to_string(i) + "=v";
  CHECK(names({line}).size() == 17);
  CHECK(names({"__Host-tegata-session=" + std::string(129, 'a'), "__Host-tegata-start="}).empty());
}

TEST_CASE("a browser that owns eight hand-offs gives up the first for a ninth") {
  http::Request request;
  for (int i = 0; i < 8; ++i) request.cookies.push_back({"__Host-tegata-phone-" + std::to_string(i), "v"});
  http::Response response;
  http::set_handoff_cookie(request, response, "__Host-tegata-phone-", "8", "w", 60);
  REQUIRE(response.headers.count("Set-Cookie") == 2);
  auto line = response.headers.find("Set-Cookie");
  CHECK(line->second.starts_with("__Host-tegata-phone-0=; Max-Age=0;"));
  CHECK((++line)->second.starts_with("__Host-tegata-phone-8=w; Max-Age=60;"));
  http::Response again;
  http::set_handoff_cookie(request, again, "__Host-tegata-phone-", "3", "w", 60);
  CHECK(again.headers.count("Set-Cookie") == 1);
}
