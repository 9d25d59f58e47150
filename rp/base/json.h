// Reading JSON from outside: strict, bounded, and typed at every member.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/base/result.h"

namespace tegata {

using Json = nlohmann::json;

struct JsonLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t depth = 16;
};

// Refuses: text over the limits, bad UTF-8 (surrogates included), duplicate keys at any depth,
// anything behind the value. A single leading byte order mark is refused too: callers for which
// a specification allows one strip it first.
// Errors: json_too_large, json_bad_utf8, json_too_deep, json_duplicate_key, json_malformed.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

// Members of an object. Errors: json_member_missing, json_member_type (also when `object` is none).
// The optional ones take an absent member or null as "not there".
Result<std::string> json_string(const Json& object, std::string_view name);
Result<std::optional<std::string>> json_optional_string(const Json& object, std::string_view name);
Result<bool> json_bool(const Json& object, std::string_view name);
Result<std::optional<bool>> json_optional_bool(const Json& object, std::string_view name);
Result<std::int64_t> json_integer(const Json& object, std::string_view name);
Result<std::optional<std::int64_t>> json_optional_integer(const Json& object, std::string_view name);
Result<Json> json_object(const Json& object, std::string_view name);
// A base64url member. Error besides: base64url_malformed.
Result<Bytes> json_base64url(const Json& object, std::string_view name);
Result<std::optional<Bytes>> json_optional_base64url(const Json& object, std::string_view name);
// An array of strings; absent is empty.
Result<std::vector<std::string>> json_strings(const Json& object, std::string_view name);

// Text for the wire. Never throws: bytes that are not UTF-8 become U+FFFD.
std::string dump_json(const Json& value);

bool is_utf8(std::string_view text);

}  // namespace tegata
