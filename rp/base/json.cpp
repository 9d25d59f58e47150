#include "rp/base/json.h"

#include <set>

#include "rp/base/errors.h"

namespace tegata {
namespace {

// Builds the value by nlohmann's events, so that depth and duplicate keys are refused while reading.
class StrictReader : public nlohmann::json_sax<Json> {
 public:
  explicit StrictReader(std::size_t max_depth) : builder_(value, false), max_depth_(max_depth) {}

  bool null() override { return builder_.null(); }
  bool boolean(bool v) override { return builder_.boolean(v); }
  bool number_integer(number_integer_t v) override { return builder_.number_integer(v); }
  bool number_unsigned(number_unsigned_t v) override { return builder_.number_unsigned(v); }
  bool number_float(number_float_t v, const string_t& text) override { return builder_.number_float(v, text); }
  // Escaped, too: no text of ours has one, and the next reader may take it for its end.
  bool string(string_t& v) override { return holds_no_zero(v) && builder_.string(v); }
  bool binary(binary_t& v) override { return builder_.binary(v); }

  bool start_object(std::size_t size) override {
    keys_.emplace_back();
    return enter() && builder_.start_object(size);
  }
  bool key(string_t& name) override {
    if (!holds_no_zero(name)) return false;
    if (!keys_.back().insert(name).second) return refuse(errors::json_duplicate_key);
    return builder_.key(name);
  }
  bool end_object() override {
    keys_.pop_back();
    --depth_;
    return builder_.end_object();
  }
  bool start_array(std::size_t size) override { return enter() && builder_.start_array(size); }
  bool end_array() override {
    --depth_;
    return builder_.end_array();
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return refuse(errors::json_malformed);
  }

  Json value;
  ErrorCode reason = errors::json_malformed;

 private:
  bool enter() { return ++depth_ <= max_depth_ || refuse(errors::json_too_deep); }
  bool holds_no_zero(const std::string& text) {
    return text.find('\0') == std::string::npos || refuse(errors::json_malformed);
  }
  bool refuse(ErrorCode code) {
    reason = code;
    return false;
  }

  nlohmann::detail::json_sax_dom_parser<Json> builder_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  std::vector<std::set<std::string>> keys_;
};

Error missing(std::string_view name) { return Error(errors::json_member_missing, std::string(name)); }
Error wrong_type(std::string_view name) { return Error(errors::json_member_type, std::string(name)); }

// Null where the member is absent or null.
Result<const Json*> find(const Json& object, std::string_view name) {
  if (!object.is_object()) return wrong_type(name);
  const auto it = object.find(std::string(name));
  if (it == object.end() || it->is_null()) return static_cast<const Json*>(nullptr);
  return &*it;
}

template <typename T>
Result<T> require(Result<std::optional<T>> optional, std::string_view name) {
  if (!optional) return std::move(optional).error();
  if (!*optional) return missing(name);
  return std::move(**optional);
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = p + text.size();
  while (p < end) {
    const unsigned lead = *p++;
    if (lead < 0x80) continue;
    const int more = lead >= 0xc2 && lead <= 0xdf   ? 1
                     : lead >= 0xe0 && lead <= 0xef ? 2
                     : lead >= 0xf0 && lead <= 0xf4 ? 3
                                                    : 0;
    if (more == 0 || end - p < more) return false;
    // The second byte carries the exclusions: overlong forms, surrogates, values over U+10FFFF.
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (*p < low || *p > high) return false;
    for (int i = 1; i < more; ++i) {
      if ((p[i] & 0xc0) != 0x80) return false;
    }
    p += more;
  }
  return true;
}

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes) return Error(errors::json_too_large);
  if (!is_utf8(text)) return Error(errors::json_bad_utf8);
  // The library takes a zero for the end of the text, whatever stands behind it.
  if (text.find('\0') != std::string_view::npos) return Error(errors::json_malformed, "U+0000");
  if (text.starts_with("\xef\xbb\xbf")) return Error(errors::json_malformed, "byte order mark");
  StrictReader reader(limits.depth);
  if (!Json::sax_parse(text.begin(), text.end(), &reader)) return Error(reader.reason);
  return std::move(reader.value);
}

Result<std::optional<std::string>> json_optional_string(const Json& object, std::string_view name) {
  TEGATA_ASSIGN(const Json* member, find(object, name));
  if (!member) return std::optional<std::string>();
  if (!member->is_string()) return wrong_type(name);
  return std::optional<std::string>(member->get<std::string>());
}

Result<std::string> json_string(const Json& object, std::string_view name) {
  return require(json_optional_string(object, name), name);
}

Result<std::optional<bool>> json_optional_bool(const Json& object, std::string_view name) {
  TEGATA_ASSIGN(const Json* member, find(object, name));
  if (!member) return std::optional<bool>();
  if (!member->is_boolean()) return wrong_type(name);
  return std::optional<bool>(member->get<bool>());
}

Result<bool> json_bool(const Json& object, std::string_view name) {
  return require(json_optional_bool(object, name), name);
}

Result<std::optional<std::int64_t>> json_optional_integer(const Json& object, std::string_view name) {
  TEGATA_ASSIGN(const Json* member, find(object, name));
  if (!member) return std::optional<std::int64_t>();
  if (!member->is_number_integer()) return wrong_type(name);
  if (member->is_number_unsigned() && member->get<std::uint64_t>() > INT64_MAX) return wrong_type(name);
  return std::optional<std::int64_t>(member->get<std::int64_t>());
}

Result<std::int64_t> json_integer(const Json& object, std::string_view name) {
  return require(json_optional_integer(object, name), name);
}

Result<Json> json_object(const Json& object, std::string_view name) {
  TEGATA_ASSIGN(const Json* member, find(object, name));
  if (!member) return missing(name);
  if (!member->is_object()) return wrong_type(name);
  return Json(*member);
}

Result<std::optional<Bytes>> json_optional_base64url(const Json& object, std::string_view name) {
  TEGATA_ASSIGN(const auto text, json_optional_string(object, name));
  if (!text) return std::optional<Bytes>();
  auto bytes = parse_base64url(*text);
  if (!bytes) return Error(errors::base64url_malformed, std::string(name));
  return std::optional<Bytes>(std::move(*bytes));
}

Result<Bytes> json_base64url(const Json& object, std::string_view name) {
  return require(json_optional_base64url(object, name), name);
}

Result<std::vector<std::string>> json_strings(const Json& object, std::string_view name) {
  TEGATA_ASSIGN(const Json* member, find(object, name));
  std::vector<std::string> out;
  if (!member) return out;
  if (!member->is_array()) return wrong_type(name);
  for (const auto& item : *member) {
    if (!item.is_string()) return wrong_type(name);
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::string dump_json(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace tegata
