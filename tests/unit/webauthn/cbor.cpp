#include "rp/webauthn/wire/cbor.h"

#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

std::string scan(std::string_view hex_text) {
  const Bytes bytes = from_hex(hex_text);
  return code_of(wire::Cbor::scan(bytes));
}

}  // namespace

TEST_CASE("CBOR: what is accepted") {
  for (const char* good : {"00",
                           "17",
                           "1818",
                           "190100",
                           "1a00010000",
                           "1b0000000100000000",
                           "1bffffffffffffffff",
                           "20",
                           "3818",
                           "40",
                           "4161",
                           "60",
                           "6161",
                           "63e38182",
                           "80",
                           "8101",
                           "a0",
                           "a10102",
                           "a2616100206162",
                           "f4",
                           "f5",
                           "f6",
                           "8181818100",
                           "a26162000100"}) {
    INFO(good);
    CHECK(scan(good) == "accepted");
  }
}

TEST_CASE("CBOR: each fault has its code") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "webauthn_cbor_malformed"},
      {"18", "webauthn_cbor_malformed"},
      {"1901", "webauthn_cbor_malformed"},
      {"1b00000001000000", "webauthn_cbor_malformed"},
      {"1c", "webauthn_cbor_malformed"},
      {"5e", "webauthn_cbor_malformed"},
      {"1cffffffffffffffffffffffffffffffffff", "webauthn_cbor_malformed"},
      {"a1", "webauthn_cbor_length"},
      {"a101", "webauthn_cbor_length"},
      {"8200", "webauthn_cbor_length"},
      {"4261", "webauthn_cbor_length"},
      {"6261", "webauthn_cbor_length"},
      {"5bffffffffffffffff", "webauthn_cbor_length"},
      {"bbffffffffffffffff", "webauthn_cbor_length"},
      {"1817", "webauthn_cbor_not_minimal"},
      {"1900ff", "webauthn_cbor_not_minimal"},
      {"1a0000ffff", "webauthn_cbor_not_minimal"},
      {"1b00000000ffffffff", "webauthn_cbor_not_minimal"},
      {"580161", "webauthn_cbor_not_minimal"},
      {"a1180102", "webauthn_cbor_not_minimal"},
      {"1f", "webauthn_cbor_indefinite"},
      {"5f4161ff", "webauthn_cbor_indefinite"},
      {"7f6161ff", "webauthn_cbor_indefinite"},
      {"9f00ff", "webauthn_cbor_indefinite"},
      {"bf0000ff", "webauthn_cbor_indefinite"},
      {"ff", "webauthn_cbor_malformed"},
      {"8181818180", "webauthn_cbor_too_deep"},
      {"a100a100a100a100a0", "webauthn_cbor_too_deep"},
      {"a200000000", "webauthn_cbor_duplicate_key"},
      {"a2616100616101", "webauthn_cbor_duplicate_key"},
      {"a3200021012002", "webauthn_cbor_duplicate_key"},
      {"a1416100", "webauthn_cbor_key_type"},
      {"a18000", "webauthn_cbor_key_type"},
      {"a1f500", "webauthn_cbor_key_type"},
      {"c000", "webauthn_cbor_tag"},
      {"d818456401", "webauthn_cbor_tag"},
      {"81c000", "webauthn_cbor_tag"},
      {"f93c00", "webauthn_cbor_float"},
      {"fa3f800000", "webauthn_cbor_float"},
      {"fb3ff0000000000000", "webauthn_cbor_float"},
      {"f7", "webauthn_cbor_malformed"},
      {"e0", "webauthn_cbor_malformed"},
      {"f820", "webauthn_cbor_malformed"},
      {"61ff", "webauthn_cbor_bad_utf8"},
      {"63eda080", "webauthn_cbor_bad_utf8"},
      {"a161ff00", "webauthn_cbor_bad_utf8"},
      {"0000", "webauthn_cbor_trailing"},
      {"a000", "webauthn_cbor_trailing"},
  };
  for (const auto& [hex_text, code] : cases) {
    INFO(hex_text);
    CHECK(scan(hex_text) == code);
  }
}

TEST_CASE("CBOR: maps of 64 keys and no more") {
  const auto map_of = [](int keys) {
    sandbox::authenticator::CborWriter out;
    out.map(keys);
    for (int i = 0; i < keys; ++i) out.integer(i).integer(0);
    return out.out();
  };
  CHECK(code_of(wire::Cbor::scan(map_of(64))) == "accepted");
  CHECK(code_of(wire::Cbor::scan(map_of(65))) == "webauthn_cbor_too_many_keys");
}

TEST_CASE("CBOR: 1024 items in all and no more, however they are nested") {
  const auto array_of = [](std::size_t items) {
    sandbox::authenticator::CborWriter out;
    out.array(items);
    for (std::size_t i = 0; i < items; ++i) out.integer(0);
    return out.out();
  };
  CHECK(code_of(wire::Cbor::scan(array_of(1023))) == "accepted");
  CHECK(code_of(wire::Cbor::scan(array_of(1024))) == "webauthn_cbor_length");
  CHECK(code_of(wire::Cbor::scan(
            sandbox::authenticator::CborWriter().array(2).raw(array_of(500)).raw(array_of(521)).out())) == "accepted");
  CHECK(code_of(wire::Cbor::scan(
            sandbox::authenticator::CborWriter().array(2).raw(array_of(500)).raw(array_of(522)).out())) ==
        "webauthn_cbor_length");
}

TEST_CASE("CBOR: a map of 64 keys behind an array of 45000 items is refused, not walked 64 times") {
  sandbox::authenticator::CborWriter out;
  out.map(64).integer(0).array(45'000);
  for (int i = 0; i < 45'000; ++i) out.integer(0);
  for (int key = 1; key < 64; ++key) out.integer(key).integer(0);
  CHECK(code_of(wire::Cbor::scan(out.out())) == "webauthn_cbor_length");
}

TEST_CASE("CBOR: declared sizes cost nothing, wherever they stand") {
  // Each declares gigabytes in a few bytes; libcbor would ask for all of it.
  CHECK(scan("5affffffff") == "webauthn_cbor_length");
  CHECK(scan("9affffffff") == "webauthn_cbor_length");
  CHECK(scan("a1637835639affffffff") == "webauthn_cbor_length");
  CHECK(scan("a163736967"
             "5a7fffffff") == "webauthn_cbor_length");
  CHECK(scan("8181819b00000000ffffffff") == "webauthn_cbor_not_minimal");
  CHECK(scan("8181819b0000000100000000") == "webauthn_cbor_length");
}

TEST_CASE("CBOR bombs in an attestation statement and in assertion data are refused as such") {
  Sample sample;
  Json created = sample.create();
  const Bytes bomb = from_hex("a363666d74667061636b65646761747453746d74a1637835639a7fffffff");
  created["response"]["attestationObject"] = base64url(bomb);
  CHECK(code_of(sample.verify_created(created)) == "webauthn_cbor_length");

  sample.bind();
  Behaviour behaviour;
  behaviour.extensions = from_hex("a161615a7fffffff");
  CHECK(code_of(sample.sign_in(behaviour)) == "webauthn_cbor_length");
}

TEST_CASE("CBOR: the reader sees what was written") {
  const Bytes bytes = sandbox::authenticator::CborWriter()
                          .map(4)
                          .integer(-2)
                          .bytes("xy"_b)
                          .text("a")
                          .array(2)
                          .integer(500)
                          .text("あ")
                          .integer(3)
                          .integer(-257)
                          .text("b")
                          .map(0)
                          .out();
  const auto scanned = wire::Cbor::scan(bytes);
  REQUIRE(scanned);
  const wire::Cbor map = *scanned;
  CHECK(map.is_map());
  CHECK(map.size() == 4);
  CHECK(map.find(3)->integer() == -257);
  CHECK(to_bytes(*map.find(-2)->byte_string()) == "xy"_b);
  CHECK(map.find("a")->is_array());
  CHECK(map.find("a")->at(0).integer() == 500);
  CHECK(map.find("a")->at(1).text() == "あ");
  CHECK(map.find("b")->size() == 0);
  CHECK_FALSE(map.find("c"));
  CHECK_FALSE(map.find(4));
  CHECK_FALSE(map.find(3)->text());
  CHECK_FALSE(map.find(3)->byte_string());
  CHECK_FALSE(map.find("a")->integer());
}

TEST_CASE("CBOR: integers at the edges of 64 bits") {
  const auto integer = [](const char* text) {
    const Bytes bytes = from_hex(text);
    return wire::Cbor::scan(bytes)->integer();
  };
  CHECK(integer("1b7fffffffffffffff") == INT64_MAX);
  CHECK(integer("3b7fffffffffffffff") == INT64_MIN);
  CHECK_FALSE(integer("1b8000000000000000"));
  CHECK_FALSE(integer("3b8000000000000000"));
}

TEST_CASE("CBOR: every prefix of a good item and a thousand scrambled ones end well") {
  Sample sample;
  const Bytes good =
      parse_base64url(sample.create({.attestation = AttestationChoice::packed_x5c})["response"]["attestationObject"]
                          .get<std::string>())
          .value();
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(wire::Cbor::scan(ByteView(good).first(size)));
  for (int i = 0; i < 1000; ++i) {
    Bytes scrambled = good;
    scrambled[random_below(sample.random, static_cast<std::uint32_t>(good.size()))] ^=
        static_cast<std::uint8_t>(1 + random_below(sample.random, 255));
    const auto scanned = wire::Cbor::scan(scrambled);
    CHECK((!scanned || scanned->encoded().size() == scrambled.size()));
  }
}

}  // namespace tegata::webauthn::test
