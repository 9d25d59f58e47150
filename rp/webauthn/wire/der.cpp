#include "rp/webauthn/wire/der.h"

#include <algorithm>

#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::wire {
namespace {

constexpr std::uint32_t largest_tag_number = 0xffff;

Error der_malformed(const char* detail) { return Error(errors::webauthn_der_malformed, detail, clauses::der); }

}  // namespace

// Past the end this is zero and remembered, so that one check at the end of an item is enough.
std::uint8_t DerReader::byte() {
  truncated_ = truncated_ || rest_.empty();
  if (rest_.empty()) return 0;
  const std::uint8_t value = rest_.front();
  rest_ = rest_.subspan(1);
  return value;
}

Result<std::uint32_t> DerReader::long_number() {
  std::uint32_t number = 0;
  for (std::uint8_t next = 0x80; (next & 0x80) != 0;) {
    next = byte();
    TEGATA_REQUIRE(number != 0 || next != 0x80, der_malformed("tag begins with zeros"));
    number = number << 7 | (next & 0x7f);
    TEGATA_REQUIRE(number <= largest_tag_number, der_malformed("tag is too large"));
  }
  TEGATA_REQUIRE(number >= 31, der_malformed("long form of a short tag"));
  return number;
}

Result<std::size_t> DerReader::length() {
  const std::uint8_t first = byte();
  if (first < 0x80) return std::size_t{first};
  const unsigned width = first & 0x7f;
  const bool padded = !rest_.empty() && rest_.front() == 0;
  std::size_t length = 0;
  for (unsigned i = 0; i < width; ++i) length = length << 8 | byte();
  TEGATA_REQUIRE(length >= 0x80 && !padded && width <= 4, der_malformed("length is indefinite, or not the shortest"));
  return length;
}

Result<DerItem> DerReader::next() {
  const std::uint8_t first = byte();
  DerTag tag{static_cast<std::uint8_t>(first & 0xe0), first & 0x1fu};
  if (tag.number == 0x1f) {
    TEGATA_ASSIGN(tag.number, long_number());
  }
  TEGATA_ASSIGN(const std::size_t size, length());
  TEGATA_REQUIRE(!truncated_ && size <= rest_.size(), der_malformed("ends too early"));
  const ByteView content = rest_.first(std::min(size, rest_.size()));
  rest_ = rest_.subspan(content.size());
  return DerItem{tag, content};
}

Result<ByteView> DerReader::next(DerTag tag) {
  TEGATA_ASSIGN(const DerItem item, next());
  TEGATA_REQUIRE(item.tag == tag, der_malformed("another type"));
  return item.content;
}

Result<ByteView> parse_der(ByteView bytes, DerTag tag) {
  DerReader reader(bytes);
  TEGATA_ASSIGN(const ByteView content, reader.next(tag));
  TEGATA_REQUIRE(reader.at_end(), der_malformed("leftover"));
  return content;
}

Result<std::int64_t> parse_der_integer(ByteView content) {
  TEGATA_REQUIRE(!content.empty() && content.size() <= 8, der_malformed("integer"));
  const bool negative = !content.empty() && content[0] >= 0x80;
  const std::uint8_t padding = negative ? 0xff : 0x00;
  const bool padded = content.size() > 1 && content[0] == padding && (content[1] >= 0x80) == negative;
  TEGATA_REQUIRE(!padded, der_malformed("integer is not the shortest"));
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (const std::uint8_t next : content) value = value << 8 | next;
  return static_cast<std::int64_t>(value);
}

}  // namespace tegata::webauthn::wire
