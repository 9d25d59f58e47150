#include "rp/base/bytes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "rp/base/errors.h"
#include "rp/base/world.h"
#include "tests/support/still_world.h"

using namespace tegata;

namespace {

void refused_bytes(const Result<Bytes>& result, ErrorCode code) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == code);
}

}  // namespace

TEST_CASE("base64url round trip of every length") {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    const auto text = base64url(bytes);
    REQUIRE(text.find_first_of("+/=") == std::string::npos);
    REQUIRE(*parse_base64url(text) == bytes);
    REQUIRE(*parse_base64(base64(bytes)) == bytes);
    REQUIRE(*parse_hex(hex(bytes)) == bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
}

TEST_CASE("published base64 values (RFC 4648 section 10)") {
  CHECK(base64(as_bytes("foobar")) == "Zm9vYmFy");
  CHECK(base64(as_bytes("foob")) == "Zm9vYg==");
  CHECK(base64url(as_bytes("foob")) == "Zm9vYg");
  CHECK(base64url(Bytes{0xfb, 0xff}) == "-_8");
}

TEST_CASE("base64url is strict") {
  for (const char* text : {"Zm9vYg==", "Zm9v Yg", "Zm9vYg\n", "Zm+v", "Zm/v", "Z", "Zm9vY", "Zh", "-_9", "Zm9\xff"}) {
    INFO(text);
    refused_bytes(parse_base64url(text), errors::base64url_malformed);
  }
  refused_bytes(parse_base64url(std::string("Zm9\0", 4)), errors::base64url_malformed);
}

TEST_CASE("base64 is strict") {
  for (const char* text :
       {"Zm9vYg", "Zm9vYg=", "Zm9vYg===", "Zh==", "Zm-v", "Zm_v", "=", "====", "Zg==Zg==", "Zm9v\n"}) {
    INFO(text);
    refused_bytes(parse_base64(text), errors::base64_malformed);
  }
}

TEST_CASE("hex is strict about length and alphabet") {
  CHECK(*parse_hex("00ff") == Bytes{0x00, 0xff});
  for (const char* text : {"0", "0g", " 00", "0x00"}) refused_bytes(parse_hex(text), errors::hex_malformed);
}

TEST_CASE("published digests (FIPS 180-4 example, RFC 4231 case 2)") {
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("constant-time comparison compares") {
  CHECK(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
  CHECK(equal_constant_time({}, {}));
  CHECK_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
  CHECK_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
  CHECK_FALSE(equal_constant_time({}, as_bytes("a")));
}

TEST_CASE("random numbers below a bound reach all of it and no more") {
  test::RepeatableRandom random;
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 2000; ++i) {
    const auto value = random_below(random, 10);
    REQUIRE(value < 10);
    seen.insert(value);
  }
  CHECK(seen.size() == 10);
  CHECK(random_below(random, 1) == 0);
}

TEST_CASE("a secret has the bytes that it was asked for") {
  test::RepeatableRandom random;
  const auto first = random_secret(random, 32);
  CHECK(parse_base64url(first)->size() == 32);
  CHECK(random_secret(random, 32) != first);
  CHECK(random_bytes(random, 7).size() == 7);
}

TEST_CASE("defect: one ticket in 64 had a name that its operator's command took for an option") {
  // A byte of 0xf8 to 0xfb first is what base64url begins with a dash for.
  struct Dashes : Random {
    void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{0xfb}); }
  } dashes;
  CHECK(random_secret(dashes, 12).front() == '-');
  CHECK(random_id(dashes) == "fbfbfbfbfbfbfbfbfbfbfbfb");
}

TEST_CASE("random_below discards what would favour small results") {
  // A value from the incomplete last block of 3 (0xffffffff) must be thrown away.
  struct : Random {
    int calls = 0;
    void fill(std::span<std::uint8_t> out) override {
      for (auto& byte : out) byte = calls == 0 ? 0xff : 0x00;
      ++calls;
    }
  } random;
  CHECK(random_below(random, 3) == 0);
  CHECK(random.calls == 2);
}
