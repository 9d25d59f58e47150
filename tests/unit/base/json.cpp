#include "rp/base/json.h"

#include <catch2/catch.hpp>

#include "rp/base/errors.h"

using namespace tegata;

namespace {

template <typename T>
void refused(const Result<T>& result, ErrorCode code) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code().name() == code.name());
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("JSON is read strictly") {
  CHECK(parse_json(R"({"a":[1,{"b":null}]})")->at("a").size() == 2);
  refused(parse_json(R"({"a":1,"a":2})"), errors::json_duplicate_key);
  refused(parse_json(R"([{"x":{"a":1,"\u0061":2}}])"), errors::json_duplicate_key);
  CHECK(parse_json(R"([{"a":1},{"a":2}])"));
  for (const char* text :
       {"", "{", "{}x", "{} {}", "[1,]", "{\"a\":}", "NaN", "'a'", "// c\n1", "01", "\xef\xbb\xbf{}"}) {
    INFO(text);
    refused(parse_json(text), errors::json_malformed);
  }
  refused(parse_json("\"\\ud800\""), errors::json_malformed);
}

TEST_CASE("JSON bounds") {
  CHECK(parse_json(nested(16)));
  refused(parse_json(nested(17)), errors::json_too_deep);
  refused(parse_json(std::string(60'000, '[')), errors::json_too_deep);
  CHECK(parse_json("[1]", {3, 1}));
  refused(parse_json("[1] ", {3, 1}), errors::json_too_large);
}

TEST_CASE("defect: JSON text ended at a raw U+0000, whatever stood behind it") {
  using namespace std::string_view_literals;
  for (const auto text : {"{\"a\":1}\0{\"a\":2}"sv, "{\"a\":1}\0"sv, "\0{\"a\":1}"sv, "{\"a\":\"x\0y\"}"sv,
                          "[1,\0 2]"sv, R"({"a":"x\u0000y"})"sv, R"({"a\u0000":1})"sv, R"(["\u0000"])"sv}) {
    INFO(text);
    const auto parsed = parse_json(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == errors::json_malformed);
  }
  CHECK(parse_json(R"({"a":"\\u0000"})"));  // a backslash, and no escape
}

TEST_CASE("bad UTF-8 is refused wherever it stands") {
  for (const char* text : {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe3\x81\"",
                           "{\"\xff\":1}", "\"\xe0\x80\x80\"", "\"\xf0\x80\x80\x80\""}) {
    refused(parse_json(text), errors::json_bad_utf8);
  }
  CHECK(parse_json("\"検証\""));
  CHECK(is_utf8("\xf4\x8f\xbf\xbf"));
}

TEST_CASE("members have the type that they must have") {
  const Json object = *parse_json(R"({"s":"x","b":true,"i":5,"n":null,"u":18446744073709551615,"f":1.5,"l":["a",1],
                                      "o":{},"y":"AQI","z":"A="})");
  CHECK(*json_string(object, "s") == "x");
  CHECK(*json_bool(object, "b"));
  CHECK(*json_integer(object, "i") == 5);
  CHECK(*json_base64url(object, "y") == Bytes{1, 2});
  CHECK(json_object(object, "o")->empty());
  refused(json_string(object, "absent"), errors::json_member_missing);
  refused(json_string(object, "n"), errors::json_member_missing);
  CHECK_FALSE(json_optional_string(object, "n")->has_value());
  refused(json_optional_string(object, "i"), errors::json_member_type);
  refused(json_bool(object, "i"), errors::json_member_type);
  refused(json_integer(object, "f"), errors::json_member_type);
  refused(json_integer(object, "u"), errors::json_member_type);
  refused(json_strings(object, "l"), errors::json_member_type);
  refused(json_base64url(object, "z"), errors::base64url_malformed);
  refused(json_object(object, "s"), errors::json_member_type);
  refused(json_string(Json::array(), "s"), errors::json_member_type);
  CHECK(json_strings(object, "absent")->empty());
}

TEST_CASE("writing never throws") {
  CHECK(dump_json(Json("\xff")) == "\"\xef\xbf\xbd\"");
  CHECK(dump_json(Json{{"a", 1}}) == "{\"a\":1}");
}
