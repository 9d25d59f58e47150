#include "rp/webauthn/wire/cbor.h"

#include <algorithm>
#include <array>

#include "rp/base/json.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::wire {
namespace {

constexpr std::size_t max_keys = 64;
// Members are found by walking from the start, so a large one before them is paid for each time.
constexpr std::size_t max_items = 1024;

enum Major : std::uint8_t { unsigned_integer, negative_integer, bytes_string, text_string, array, map, tag, simple };

Error refuse(ErrorCode code) { return Error(code, {}, clauses::cbor); }

// The first byte and its argument: a number, a length or a count.
struct Head {
  Major major;
  std::uint64_t argument;
  std::size_t size;
};

std::uint64_t big_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return value;
}

bool is_minimal(std::uint64_t argument, std::size_t width) {
  return width == 1 ? argument >= 24 : argument >> (width * 4) != 0;
}

Result<Head> read_head(ByteView bytes) {
  TEGATA_REQUIRE(!bytes.empty(), refuse(errors::webauthn_cbor_malformed));
  const auto major = static_cast<Major>(bytes[0] >> 5);
  const unsigned information = bytes[0] & 0x1f;
  TEGATA_REQUIRE(major != tag, refuse(errors::webauthn_cbor_tag));
  if (major == simple) {
    const bool is_float = information >= 25 && information <= 27, is_known = information >= 20 && information <= 22;
    TEGATA_REQUIRE(!is_float, refuse(errors::webauthn_cbor_float));
    TEGATA_REQUIRE(is_known, refuse(errors::webauthn_cbor_malformed));
  }
  if (information < 24) return Head{major, information, 1};
  TEGATA_REQUIRE(information != 31, refuse(errors::webauthn_cbor_indefinite));
  TEGATA_REQUIRE(information <= 27, refuse(errors::webauthn_cbor_malformed));
  const std::size_t width = std::size_t{1} << (information - 24);
  TEGATA_REQUIRE(bytes.size() >= 1 + width, refuse(errors::webauthn_cbor_malformed));
  const std::uint64_t argument = big_endian(bytes.subspan(1, width));
  TEGATA_REQUIRE(is_minimal(argument, width), refuse(errors::webauthn_cbor_not_minimal));
  return Head{major, argument, 1 + width};
}

// REQUIRES: `bytes` begins with a scanned item.
Head known_head(ByteView bytes) {
  const unsigned information = bytes[0] & 0x1f;
  const std::size_t width = information < 24 ? 0 : std::size_t{1} << (information - 24);
  return {static_cast<Major>(bytes[0] >> 5), width == 0 ? information : big_endian(bytes.subspan(1, width)), 1 + width};
}

// Walks one item and answers how many bytes it takes.
class Scanner {
 public:
  Scanner(ByteView bytes, std::size_t max_depth) : bytes_(bytes), max_depth_(max_depth) {}

  Result<std::size_t> scan() {
    TEGATA_TRY(item(0));
    return position_;
  }

 private:
  ByteView rest() const { return bytes_.subspan(position_); }

  Status item(std::size_t depth) {
    TEGATA_REQUIRE(++items_ <= max_items, refuse(errors::webauthn_cbor_length));
    TEGATA_ASSIGN(const Head head, read_head(rest()));
    position_ += head.size;
    switch (head.major) {
      case bytes_string:
        return string(head, false);
      case text_string:
        return string(head, true);
      case array:
        return elements(head.argument, depth + 1);
      case map:
        return entries(head.argument, depth + 1);
      default:
        return {};
    }
  }

  Status string(const Head& head, bool is_text) {
    TEGATA_REQUIRE(head.argument <= rest().size(), refuse(errors::webauthn_cbor_length));
    const ByteView content = rest().first(head.argument);
    TEGATA_REQUIRE(!is_text || is_utf8(as_text(content)), refuse(errors::webauthn_cbor_bad_utf8));
    position_ += content.size();
    return {};
  }

  // Every element takes a byte at least and every entry two, so a count over what is left is a lie.
  Status check_container(std::uint64_t count, std::size_t least_bytes, std::size_t depth) const {
    TEGATA_REQUIRE(depth <= max_depth_, refuse(errors::webauthn_cbor_too_deep));
    TEGATA_REQUIRE(count <= rest().size() / least_bytes, refuse(errors::webauthn_cbor_length));
    return {};
  }

  Status elements(std::uint64_t count, std::size_t depth) {
    TEGATA_TRY(check_container(count, 1, depth));
    for (std::uint64_t i = 0; i < count; ++i) TEGATA_TRY(item(depth));
    return {};
  }

  Status entries(std::uint64_t count, std::size_t depth) {
    TEGATA_TRY(check_container(count, 2, depth));
    TEGATA_REQUIRE(count <= max_keys, refuse(errors::webauthn_cbor_too_many_keys));
    std::array<ByteView, max_keys> keys;
    for (std::size_t i = 0; i < count; ++i) {
      TEGATA_ASSIGN(keys[i], key());
      // Integers are minimal, so equal keys are equal bytes.
      for (std::size_t j = 0; j < i; ++j) {
        TEGATA_REQUIRE(!std::ranges::equal(keys[j], keys[i]), refuse(errors::webauthn_cbor_duplicate_key));
      }
      TEGATA_TRY(item(depth));
    }
    return {};
  }

  Result<ByteView> key() {
    const std::size_t start = position_;
    TEGATA_ASSIGN(const Head head, read_head(rest()));
    const bool is_integer = head.major == unsigned_integer || head.major == negative_integer;
    TEGATA_REQUIRE(is_integer || head.major == text_string, refuse(errors::webauthn_cbor_key_type));
    TEGATA_TRY(item(0));
    return bytes_.subspan(start, position_ - start);
  }

  ByteView bytes_;
  std::size_t max_depth_;
  std::size_t position_ = 0;
  std::size_t items_ = 0;
};

// REQUIRES: `bytes` begins with a scanned item.
std::size_t known_size(ByteView bytes) {
  const Head head = known_head(bytes);
  if (head.major == bytes_string || head.major == text_string) return head.size + head.argument;
  std::uint64_t items = head.major == array ? head.argument : head.major == map ? 2 * head.argument : 0;
  std::size_t position = head.size;
  for (; items > 0; --items) position += known_size(bytes.subspan(position));
  return position;
}

}  // namespace

Result<Cbor> Cbor::scan_first(ByteView bytes, std::size_t max_depth) {
  TEGATA_ASSIGN(const std::size_t size, Scanner(bytes, max_depth).scan());
  return Cbor(bytes.first(size));
}

Result<Cbor> Cbor::scan(ByteView bytes, std::size_t max_depth) {
  TEGATA_ASSIGN(const Cbor item, scan_first(bytes, max_depth));
  TEGATA_REQUIRE(item.encoded().size() == bytes.size(), refuse(errors::webauthn_cbor_trailing));
  return item;
}

std::optional<std::int64_t> Cbor::integer() const {
  const Head head = known_head(encoded_);
  if (head.major > negative_integer || head.argument > INT64_MAX) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(head.argument);
  return head.major == unsigned_integer ? magnitude : -1 - magnitude;
}

std::optional<ByteView> Cbor::byte_string() const {
  const Head head = known_head(encoded_);
  if (head.major != bytes_string) return std::nullopt;
  return encoded_.subspan(head.size);
}

std::optional<std::string_view> Cbor::text() const {
  const Head head = known_head(encoded_);
  if (head.major != text_string) return std::nullopt;
  return as_text(encoded_.subspan(head.size));
}

bool Cbor::is_map() const { return known_head(encoded_).major == map; }
bool Cbor::is_array() const { return known_head(encoded_).major == array; }

std::size_t Cbor::size() const {
  const Head head = known_head(encoded_);
  return head.major == array || head.major == map ? head.argument : 0;
}

Cbor Cbor::item(std::size_t index) const {
  ByteView rest = encoded_.subspan(known_head(encoded_).size);
  for (; index > 0; --index) rest = rest.subspan(known_size(rest));
  return Cbor(rest.first(known_size(rest)));
}

Cbor Cbor::at(std::size_t index) const { return item(index); }
Cbor Cbor::key_at(std::size_t index) const { return item(2 * index); }
Cbor Cbor::value_at(std::size_t index) const { return item(2 * index + 1); }

std::optional<Cbor> Cbor::find(std::int64_t key) const {
  for (std::size_t i = 0; is_map() && i < size(); ++i) {
    if (key_at(i).integer() == key) return value_at(i);
  }
  return std::nullopt;
}

std::optional<Cbor> Cbor::find(std::string_view key) const {
  for (std::size_t i = 0; is_map() && i < size(); ++i) {
    if (key_at(i).text() == key) return value_at(i);
  }
  return std::nullopt;
}

}  // namespace tegata::webauthn::wire
