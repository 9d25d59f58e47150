#include "enroll/hc_role.h"

#include <algorithm>
#include <optional>

#include "enroll/card_errors.h"
#include "rp/base/json.h"

namespace tegata::card {
namespace {

namespace tag {
constexpr std::uint8_t oid = 0x06;
constexpr std::uint8_t utf8_string = 0x0c;
constexpr std::uint8_t numeric_string = 0x12;
constexpr std::uint8_t sequence = 0x30;
constexpr std::uint8_t set = 0x31;
constexpr std::uint8_t explicit_0 = 0xa0;
constexpr std::uint8_t explicit_1 = 0xa1;
constexpr std::uint8_t explicit_2 = 0xa2;
constexpr std::uint8_t constructed = 0x20;
}  // namespace tag

constexpr std::size_t max_depth = 12;

Error malformed(const char* what) { return Error(errors::card_malformed, what, "iso-17090-2#hcRole: strict DER"); }

struct Element {
  std::uint8_t tag = 0;
  ByteView content;
};

// Takes elements off the front of some DER.
class Reader {
 public:
  explicit Reader(ByteView der) : rest_(der) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }

  Result<Element> next() {
    if (rest_.size() < 2) return malformed("cut off");
    const auto tag = rest_[0];
    if ((tag & 0x1f) == 0x1f) return malformed("high tag number");
    rest_ = rest_.subspan(1);
    TEGATA_ASSIGN(const auto length, length_of_content());
    if (length > rest_.size()) return malformed("length beyond the end");
    const Element element{tag, rest_.first(length)};
    rest_ = rest_.subspan(length);
    return element;
  }

  Result<ByteView> expect(std::uint8_t tag) {
    TEGATA_ASSIGN(const auto element, next());
    if (element.tag != tag) return malformed("unexpected tag");
    return element.content;
  }

  Status end() const {
    if (!at_end()) return malformed("trailing bytes");
    return {};
  }

 private:
  // Definite and in the fewest bytes; two length bytes are enough for any certificate taken here.
  Result<std::size_t> length_of_content() {
    const std::uint8_t first = rest_[0];
    rest_ = rest_.subspan(1);
    if (first < 0x80) return std::size_t{first};
    const std::size_t count = first & 0x7fu;
    if (count == 0 || count > 2 || rest_.size() < count) return malformed("length form");
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | rest_[i];
    if (length < (count == 1 ? 0x80u : 0x100u)) return malformed("length not minimal");
    rest_ = rest_.subspan(count);
    return length;
  }

  ByteView rest_;
};

// Content that holds exactly one element of that tag.
Result<ByteView> only(ByteView content, std::uint8_t tag) {
  Reader reader(content);
  TEGATA_ASSIGN(const auto inner, reader.expect(tag));
  TEGATA_TRY(reader.end());
  return inner;
}

Status walk(ByteView content, std::size_t depth) {
  if (depth > max_depth) return malformed("too deep");
  for (Reader reader(content); !reader.at_end();) {
    TEGATA_ASSIGN(const auto element, reader.next());
    if (element.tag & tag::constructed) TEGATA_TRY(walk(element.content, depth + 1));
  }
  return {};
}

// One arc, base 128, in the fewest bytes.
Result<std::uint64_t> take_arc(ByteView& rest) {
  if (rest.empty() || rest[0] == 0x80) return malformed("object identifier");
  std::uint64_t arc = 0;
  for (;;) {
    if (rest.empty() || arc > (UINT64_MAX >> 7)) return malformed("object identifier");
    const std::uint8_t byte = rest[0];
    rest = rest.subspan(1);
    arc = arc << 7 | (byte & 0x7fu);
    if (byte < 0x80) return arc;
  }
}

Result<std::string> dotted(ByteView oid) {
  TEGATA_ASSIGN(const auto first, take_arc(oid));
  const std::uint64_t root = std::min<std::uint64_t>(first / 40, 2);
  std::string text = std::to_string(root) + "." + std::to_string(first - root * 40);
  while (!oid.empty()) {
    TEGATA_ASSIGN(const auto arc, take_arc(oid));
    text += "." + std::to_string(arc);
  }
  return text;
}

Result<std::string> free_text(ByteView content) {
  const std::string text(as_text(content));
  const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.empty() || control || !is_utf8(text)) return malformed("codeDataFreeText");
  return text;
}

Result<std::string> numeric_text(ByteView content) {
  const std::string text(as_text(content));
  if (text.empty() || text.find_first_not_of("0123456789 ") != std::string::npos) return malformed("codeDataValue");
  return text;
}

// One field of CodedData into its place; each at most once.
Status read_field(const Element& field, HcRole& role) {
  std::string* place = nullptr;
  std::optional<Result<std::string>> text;
  if (field.tag == tag::explicit_0) {
    TEGATA_ASSIGN(const auto oid, only(field.content, tag::oid));
    place = &role.scheme;
    text = dotted(oid);
  } else if (field.tag == tag::explicit_1) {
    TEGATA_ASSIGN(const auto value, only(field.content, tag::numeric_string));
    place = &role.code;
    text = numeric_text(value);
  } else if (field.tag == tag::explicit_2) {
    TEGATA_ASSIGN(const auto value, only(field.content, tag::utf8_string));
    place = &role.name;
    text = free_text(value);
  } else {
    return malformed("unknown field of CodedData");
  }
  if (!*text) return text->error();
  if (!place->empty()) return malformed("field of CodedData twice");
  *place = **text;
  return {};
}

Result<HcRole> read_coded_data(ByteView content) {
  HcRole role;
  for (Reader reader(content); !reader.at_end();) {
    TEGATA_ASSIGN(const auto field, reader.next());
    TEGATA_TRY(read_field(field, role));
  }
  if (role.scheme.empty() || role.name.empty()) return malformed("CodedData without scheme or text");
  return role;
}

Result<HcRole> read_actor(ByteView content) {
  Reader reader(content);
  TEGATA_ASSIGN(const auto wrapped, reader.expect(tag::explicit_0));
  TEGATA_ASSIGN(const auto coded_data, only(wrapped, tag::set));
  TEGATA_ASSIGN(auto role, read_coded_data(coded_data));
  if (reader.next_is(tag::explicit_1)) {
    TEGATA_ASSIGN(const auto regional, reader.expect(tag::explicit_1));
    TEGATA_TRY(walk(regional, 0));
  }
  TEGATA_TRY(reader.end());
  return role;
}

Status read_values(ByteView values, std::vector<HcRole>& roles) {
  if (values.empty()) return malformed("attribute without value");
  for (Reader data(values); !data.at_end();) {
    TEGATA_ASSIGN(const auto actors, data.expect(tag::set));
    for (Reader reader(actors); !reader.at_end();) {
      TEGATA_ASSIGN(const auto actor, reader.expect(tag::sequence));
      TEGATA_ASSIGN(auto role, read_actor(actor));
      roles.push_back(std::move(role));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<HcRole>> parse_hc_roles(ByteView extension_value) {
  TEGATA_ASSIGN(const auto attributes, only(extension_value, tag::sequence));
  std::vector<HcRole> roles;
  bool seen = false;
  for (Reader reader(attributes); !reader.at_end();) {
    TEGATA_ASSIGN(const auto attribute, reader.expect(tag::sequence));
    Reader parts(attribute);
    TEGATA_ASSIGN(const auto type, parts.expect(tag::oid));
    TEGATA_ASSIGN(const auto type_text, dotted(type));
    TEGATA_ASSIGN(const auto values, parts.expect(tag::set));
    TEGATA_TRY(parts.end());
    if (type_text != "1.0.17090.0.1") {
      TEGATA_TRY(walk(values, 0));
      continue;
    }
    if (std::exchange(seen, true)) return malformed("hcRole twice");
    TEGATA_TRY(read_values(values, roles));
  }
  return roles;
}

}  // namespace tegata::card
