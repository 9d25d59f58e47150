// Strict DER (X.690), read where it lies: definite lengths, and tags and lengths in their shortest form. For what
// OpenSSL has no template of.
#pragma once

#include <cstdint>

#include "rp/base/bytes.h"
#include "rp/base/result.h"

namespace tegata::webauthn::wire {

struct DerTag {
  std::uint8_t kind;  // the class and the constructed bit, where they stand in the first byte
  std::uint32_t number;
  friend bool operator==(DerTag, DerTag) = default;
};

namespace der {
inline constexpr DerTag integer{0x00, 2}, octet_string{0x00, 4}, enumerated{0x00, 10}, sequence{0x20, 16},
    set{0x20, 17};
inline constexpr std::uint8_t explicit_tag = 0xa0;  // context-specific, constructed
}  // namespace der

struct DerItem {
  DerTag tag;
  ByteView content;
};

// The items of one level, one after the other. The bytes must outlive it.
class DerReader {
 public:
  explicit DerReader(ByteView bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  // Error: webauthn_der_malformed, also at the end.
  Result<DerItem> next();
  // The content of the next item, which must have this tag.
  Result<ByteView> next(DerTag tag);

 private:
  Result<std::uint32_t> long_number();
  Result<std::size_t> length();
  std::uint8_t byte();

  ByteView rest_;
  bool truncated_ = false;
};

// The only item of `bytes`.
Result<ByteView> parse_der(ByteView bytes, DerTag tag);
// The content of an INTEGER or ENUMERATED that fits.
Result<std::int64_t> parse_der_integer(ByteView content);

}  // namespace tegata::webauthn::wire
