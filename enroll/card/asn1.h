// Strict DER (X.690), read front to back without copying. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"

namespace tegata::card::asn1 {

namespace tag {
inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t oid = 0x06;
inline constexpr std::uint8_t enumerated = 0x0a;
inline constexpr std::uint8_t utf8_string = 0x0c;
inline constexpr std::uint8_t numeric_string = 0x12;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;
inline constexpr std::uint8_t constructed = 0x20;
constexpr std::uint8_t explicit_(std::uint8_t number) { return static_cast<std::uint8_t>(0xa0 | number); }
constexpr std::uint8_t implicit_(std::uint8_t number) { return static_cast<std::uint8_t>(0x80 | number); }
}  // namespace tag

struct Element {
  std::uint8_t tag = 0;
  ByteView content;
  ByteView whole;  // tag and length included
};

// Takes elements off the front of some DER. Lengths are definite and in the fewest bytes, tag numbers below 31.
// Every refusal has the code given here.
class Reader {
 public:
  Reader(ByteView der, ErrorCode code) : rest_(der), code_(code) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }
  Result<Element> next();
  // The content of the next element, which must have that tag.
  Result<ByteView> expect(std::uint8_t tag);
  Status end() const;
  Error malformed(const char* what) const;

 private:
  Result<std::size_t> length_of_content();

  ByteView rest_;
  ErrorCode code_;
};

// Content that holds exactly one element, of that tag.
Result<ByteView> only(ByteView content, std::uint8_t tag, ErrorCode code);
// Well-formed to the last byte, and not nested too deep.
Status walk(ByteView content, ErrorCode code);
// The content of an OBJECT IDENTIFIER as "1.2.840".
Result<std::string> dotted(ByteView oid, ErrorCode code);
// A UTCTime or GeneralizedTime in the one form of RFC 5280 section 4.1.2.5: with seconds, in Z.
Result<Instant> time(const Element& element, ErrorCode code);
// The content of a BOOLEAN that DEFAULT FALSE has not left out: TRUE alone is DER.
Status is_true(ByteView content, ErrorCode code);
// The content of an INTEGER is in the fewest bytes, and in no more than `longest`.
Status is_integer(ByteView content, std::size_t longest, ErrorCode code);

}  // namespace tegata::card::asn1
