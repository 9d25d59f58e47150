#include "rp/webauthn/wire/der.h"

#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test {
namespace {

Result<wire::DerItem> first_of(const char* text) {
  const Bytes bytes = from_hex(text);
  static Bytes kept;  // the item is a view
  kept = bytes;
  return wire::DerReader(kept).next();
}

Result<std::int64_t> integer_of(const char* text) { return wire::parse_der_integer(from_hex(text)); }

}  // namespace

TEST_CASE("DER: tags and lengths of every size") {
  CHECK(first_of("0500")->tag == wire::DerTag{0x00, 5});
  CHECK(first_of("a100")->tag == wire::DerTag{0xa0, 1});
  CHECK(first_of("bf1f00")->tag == wire::DerTag{0xa0, 31});
  CHECK(first_of("bf853e00")->tag == wire::DerTag{0xa0, 702});
  CHECK(first_of("bf83ff7f00")->tag == wire::DerTag{0xa0, 0xffff});
  CHECK(first_of("0402aabb")->content.size() == 2);
  CHECK(first_of(("048180" + std::string(256, '0')).c_str())->content.size() == 128);
  CHECK(first_of(("04820100" + std::string(512, '0')).c_str())->content.size() == 256);
}

TEST_CASE("DER: what has a shorter form, or no end, is refused") {
  for (const char* wrong : {
           "",              // nothing
           "04",            // no length
           "0401",          // no content
           "04020a",        // too little
           "0481",          // half a length
           "048180",        // a length, and nothing of it
           "0480aabb0000",  // indefinite
           "04817f",        // a length that fits into one byte
           "048101aa",      //
           "04820080",      // a length that begins with zero
           "bf1e00",        // a tag that fits into one byte
           "bf801f00",      // a tag that begins with zero
           "bf",            // no tag
           "bf85",          // half a tag
           "bf84800000",    // a tag that nothing has
           "0485010000000000",
       }) {
    INFO(wrong);
    CHECK_REFUSED(first_of(wrong), errors::webauthn_der_malformed, wire::clauses::der);
  }
  const std::string zeros(256, '0');
  CHECK_REFUSED(first_of(("04820080" + zeros).c_str()), errors::webauthn_der_malformed, wire::clauses::der);
  CHECK_REFUSED(first_of(("04817f" + zeros).c_str()), errors::webauthn_der_malformed, wire::clauses::der);
  CHECK_REFUSED(first_of(("04850000000080" + zeros).c_str()), errors::webauthn_der_malformed, wire::clauses::der);
  CHECK_REFUSED(first_of("bf84800000"), errors::webauthn_der_malformed, wire::clauses::der);
}

TEST_CASE("DER: one item of one type, alone") {
  CHECK(wire::parse_der(from_hex("0201aa"), wire::der::integer));
  CHECK_REFUSED(wire::parse_der(from_hex("0201aa00"), wire::der::integer), errors::webauthn_der_malformed,
                wire::clauses::der);
  CHECK_REFUSED(wire::parse_der(from_hex("0a01aa"), wire::der::integer), errors::webauthn_der_malformed,
                wire::clauses::der);
}

TEST_CASE("DER: integers are as short as can be") {
  CHECK(integer_of("00") == 0);
  CHECK(integer_of("7f") == 127);
  CHECK(integer_of("0080") == 128);
  CHECK(integer_of("ff") == -1);
  CHECK(integer_of("ff7f") == -129);
  CHECK(integer_of("7fffffffffffffff") == INT64_MAX);
  CHECK(integer_of("8000000000000000") == INT64_MIN);
  for (const char* wrong : {"", "0000", "007f", "ffff", "ff80", "010000000000000000", "00ffffffffffffffff"}) {
    INFO(wrong);
    CHECK_REFUSED(integer_of(wrong), errors::webauthn_der_malformed, wire::clauses::der);
  }
}

}  // namespace tegata::webauthn::test
