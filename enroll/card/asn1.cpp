#include "enroll/card/asn1.h"

#include <algorithm>
#include <array>

#include "rp/base/asn1_time.h"

namespace tegata::card::asn1 {
namespace {

constexpr std::size_t max_depth = 12;

Error refused(ErrorCode code, const char* what) { return Error(code, what, "x690#section-10: strict DER"); }

// One arc, base 128, in the fewest bytes.
Result<std::uint64_t> take_arc(ByteView& rest, ErrorCode code) {
  if (rest.empty() || rest[0] == 0x80) return refused(code, "object identifier");
  std::uint64_t arc = 0;
  for (;;) {
    if (rest.empty() || arc > (UINT64_MAX >> 7)) return refused(code, "object identifier");
    const std::uint8_t byte = rest[0];
    rest = rest.subspan(1);
    arc = arc << 7 | (byte & 0x7fu);
    if (byte < 0x80) return arc;
  }
}

Status walk_to(ByteView content, std::size_t depth, ErrorCode code) {
  if (depth > max_depth) return refused(code, "too deep");
  for (Reader reader(content, code); !reader.at_end();) {
    TEGATA_ASSIGN(const auto element, reader.next());
    if (element.tag & tag::constructed) TEGATA_TRY(walk_to(element.content, depth + 1, code));
  }
  return {};
}

}  // namespace

Error Reader::malformed(const char* what) const { return refused(code_, what); }

Result<Element> Reader::next() {
  if (rest_.size() < 2) return malformed("cut off");
  const ByteView from = rest_;
  const auto tag = rest_[0];
  if ((tag & 0x1f) == 0x1f) return malformed("high tag number");
  rest_ = rest_.subspan(1);
  TEGATA_ASSIGN(const auto length, length_of_content());
  if (length > rest_.size()) return malformed("length beyond the end");
  const Element element{tag, rest_.first(length), from.first(from.size() - rest_.size() + length)};
  rest_ = rest_.subspan(length);
  return element;
}

Result<ByteView> Reader::expect(std::uint8_t tag) {
  TEGATA_ASSIGN(const auto element, next());
  if (element.tag != tag) return malformed("unexpected tag");
  return element.content;
}

Status Reader::end() const {
  if (!at_end()) return malformed("trailing bytes");
  return {};
}

// Four length bytes are enough for any list taken here.
Result<std::size_t> Reader::length_of_content() {
  const std::uint8_t first = rest_[0];
  rest_ = rest_.subspan(1);
  if (first < 0x80) return std::size_t{first};
  const std::size_t count = first & 0x7fu;
  if (count == 0 || count > 4 || rest_.size() < count) return malformed("length form");
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = length << 8 | rest_[i];
  if (length < 0x80 || length >> (8 * (count - 1)) == 0) return malformed("length not minimal");
  rest_ = rest_.subspan(count);
  return length;
}

Result<ByteView> only(ByteView content, std::uint8_t tag, ErrorCode code) {
  Reader reader(content, code);
  TEGATA_ASSIGN(const auto inner, reader.expect(tag));
  TEGATA_TRY(reader.end());
  return inner;
}

Status walk(ByteView content, ErrorCode code) { return walk_to(content, 0, code); }

Result<std::string> dotted(ByteView oid, ErrorCode code) {
  TEGATA_ASSIGN(const auto first, take_arc(oid, code));
  const std::uint64_t root = std::min<std::uint64_t>(first / 40, 2);
  std::string text = std::to_string(root) + "." + std::to_string(first - root * 40);
  while (!oid.empty()) {
    TEGATA_ASSIGN(const auto arc, take_arc(oid, code));
    text += "." + std::to_string(arc);
  }
  return text;
}

Result<Instant> time(const Element& element, ErrorCode code) {
  const bool full_year = element.tag == tag::generalized_time;
  if (!full_year && element.tag != tag::utc_time) return refused(code, "time");
  const auto text = as_text(element.content);
  const auto instant = full_year ? parse_generalized_time(text) : parse_utc_time(text);
  if (!instant) return refused(code, "time");
  return *instant;
}

Status is_true(ByteView content, ErrorCode code) {
  if (content.size() != 1 || content[0] != 0xff) return refused(code, "BOOLEAN");
  return {};
}

Status is_integer(ByteView content, std::size_t longest, ErrorCode code) {
  if (content.empty() || content.size() > longest) return refused(code, "INTEGER size");
  if (content.size() > 1 && ((content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80)))
    return refused(code, "INTEGER not minimal");
  return {};
}

}  // namespace tegata::card::asn1
