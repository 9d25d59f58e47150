#include "enroll/card/hc_role.h"

#include <catch2/catch.hpp>

#include "enroll/card/errors.h"

using namespace tegata;
using namespace tegata::card;

namespace {

Bytes from_hex(std::string text) { return *parse_hex(text); }

Bytes tlv(std::uint8_t tag, const Bytes& content) {
  REQUIRE(content.size() < 0x10000);
  Bytes out{tag};
  if (content.size() >= 0x100) {
    out.insert(out.end(), {0x82, static_cast<std::uint8_t>(content.size() >> 8)});
  } else if (content.size() >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Bytes hc_role_type = from_hex("0606288185420001");
const Bytes scheme = from_hex("a00c060a2a830886910f01060101");

Bytes text(const std::string& value) { return tlv(0xa2, tlv(0x0c, to_bytes(as_bytes(value)))); }
Bytes actor(const Bytes& coded_fields) { return tlv(0x30, tlv(0xa0, tlv(0x31, coded_fields))); }
// The extension around a SET of HCActorData values.
Bytes extension(const Bytes& values) { return tlv(0x30, tlv(0x30, hc_role_type + tlv(0x31, values))); }
Bytes with_actors(const Bytes& actors) { return extension(tlv(0x31, actors)); }

Bytes golden_actor(const char* base64_text) { return *parse_base64(base64_text); }

void refused_value(const Bytes& der) {
  INFO(hex(der));
  const auto roles = parse_hc_roles(der);
  REQUIRE_FALSE(roles);
  CHECK(roles.error().code() == errors::card_malformed);
}

const Bytes doctor_value = from_hex(
    "303430320606288185420001312831263024a0223120a00c060a2a830886910f01060101a2100c0e4d65646963616c20446f63746f72");
const Bytes pharmacist_value =
    from_hex("3030302e0606288185420001312431223020a01e311ca00c060a2a830886910f01060101a20c0c0a506861726d6163697374");

}  // namespace

TEST_CASE("roles of published extension values") {
  CHECK(*parse_hc_roles(doctor_value) == std::vector<HcRole>{{national_qualifications, "", "Medical Doctor"}});
  CHECK(*parse_hc_roles(pharmacist_value) == std::vector<HcRole>{{national_qualifications, "", "Pharmacist"}});
}

TEST_CASE("roles of published actors: plain, with a number, with regional data") {
  const auto one = [](const char* value) {
    const auto roles = parse_hc_roles(with_actors(golden_actor(value)));
    REQUIRE(roles);
    REQUIRE(roles->size() == 1);
    return roles->front();
  };
  CHECK(one("MCSgIjEgoAwGCiqDCIaRDwEGAQGiEAwOTWVkaWNhbCBEb2N0b3I=") ==
        HcRole{national_qualifications, "", "Medical Doctor"});
  const HcRole numbered{national_qualifications, "123", "Pharmacist"};
  CHECK(one("MCegJTEjoAwGCiqDCIaRDwEGAQGhBRIDMTIzogwMClBoYXJtYWNpc3Q=") == numbered);
  CHECK(one("MCugJTEjoAwGCiqDCIaRDwEGAQGhBRIDMTIzogwMClBoYXJtYWNpc3ShAjAA") == numbered);
}

TEST_CASE("several actors, several values, other attributes beside") {
  const Bytes two = actor(scheme + text("Dentist")) + actor(scheme + text("Director of Hospital"));
  CHECK(parse_hc_roles(with_actors(two))->size() == 2);
  const auto by_value = parse_hc_roles(
      extension(tlv(0x31, actor(scheme + text("Dentist"))) + tlv(0x31, actor(scheme + text("Pharmacist")))));
  REQUIRE(by_value);
  REQUIRE(by_value->size() == 2);
  CHECK((*by_value)[1].name == "Pharmacist");
  // countryOfCitizenship (1.3.6.1.5.5.7.9.4) = JP before hcRole
  const Bytes other = tlv(0x30, from_hex("06082b06010505070904") + tlv(0x31, from_hex("13024a50")));
  const Bytes role = tlv(0x30, hc_role_type + tlv(0x31, tlv(0x31, actor(scheme + text("Dentist")))));
  CHECK(parse_hc_roles(tlv(0x30, other + role))->front().name == "Dentist");
  CHECK(parse_hc_roles(tlv(0x30, other))->empty());
  CHECK(parse_hc_roles(with_actors({}))->empty());
}

TEST_CASE("a long list of roles needs two length bytes") {
  Bytes many;
  for (int i = 0; i < 20; ++i) many = many + actor(scheme + text("Medical Technologist"));
  REQUIRE(many.size() > 0x100);
  CHECK(parse_hc_roles(with_actors(many))->size() == 20);
}

TEST_CASE("another coding scheme is kept apart") {
  const Bytes other = from_hex("a00c060a2a830886910f01060102");
  CHECK(parse_hc_roles(with_actors(actor(other + text("Dentist"))))->front().scheme == "1.2.392.100495.1.6.1.2");
}

TEST_CASE("every cut of a good value is refused") {
  for (std::size_t size = 0; size < doctor_value.size(); ++size)
    refused_value(Bytes(doctor_value.begin(), doctor_value.begin() + size));
}

TEST_CASE("trailing bytes at any level") {
  refused_value(doctor_value + Bytes{0});
  refused_value(tlv(0x30, tlv(0x30, hc_role_type + tlv(0x31, {}) + Bytes{5, 0})));
  refused_value(with_actors(tlv(0x30, tlv(0xa0, tlv(0x31, scheme + text("Dentist")) + Bytes{5, 0}))));
  refused_value(with_actors(actor(tlv(0xa0, from_hex("060a2a830886910f010601010500")) + text("Dentist"))));
  refused_value(with_actors(tlv(0x30, tlv(0xa0, tlv(0x31, scheme + text("Dentist"))) + tlv(0xa2, {}))));
}

TEST_CASE("lengths that are not DER") {
  refused_value(from_hex("3080") + Bytes(doctor_value.begin() + 2, doctor_value.end()) + Bytes{0, 0});  // indefinite
  refused_value(from_hex("308134") + Bytes(doctor_value.begin() + 2, doctor_value.end()));  // one byte too many
  refused_value(from_hex("30820034") + Bytes(doctor_value.begin() + 2, doctor_value.end()));
  refused_value(from_hex("308400000034") + Bytes(doctor_value.begin() + 2, doctor_value.end()));
  refused_value(from_hex("30ff"));
}

TEST_CASE("CodedData that is not one") {
  refused_value(with_actors(actor(text("Dentist"))));                             // no scheme
  refused_value(with_actors(actor(scheme)));                                      // no text
  refused_value(with_actors(actor(scheme + text("Dentist") + text("Dentist"))));  // twice
  refused_value(with_actors(actor(scheme + text(""))));                           // empty
  refused_value(with_actors(actor(scheme + text("Den\ntist"))));                  // control character
  refused_value(with_actors(actor(scheme + text(std::string("Dentist\0", 8)))));  // NUL
  refused_value(with_actors(actor(scheme + text("\xff\xfe"))));                   // not UTF-8
  refused_value(with_actors(actor(scheme + tlv(0xa1, tlv(0x12, {'A'})) + text("Dentist"))));
  refused_value(with_actors(actor(scheme + tlv(0xa3, {}) + text("Dentist"))));  // unknown field
  refused_value(with_actors(actor(scheme + tlv(0xa2, tlv(0x16, {'D'})))));      // IA5String
}

TEST_CASE("object identifiers that are not DER") {
  refused_value(with_actors(actor(tlv(0xa0, from_hex("0600")) + text("Dentist"))));
  refused_value(with_actors(actor(tlv(0xa0, from_hex("06022a83")) + text("Dentist"))));    // cut off
  refused_value(with_actors(actor(tlv(0xa0, from_hex("06032a8001")) + text("Dentist"))));  // leading zero
  refused_value(with_actors(actor(tlv(0xa0, from_hex("060c2affffffffffffffffffff7f")) + text("Dentist"))));
}

TEST_CASE("attribute without values, hcRole twice, wrong tags") {
  refused_value(extension({}));
  const Bytes role = tlv(0x30, hc_role_type + tlv(0x31, tlv(0x31, actor(scheme + text("Dentist")))));
  refused_value(tlv(0x30, role + role));
  refused_value(tlv(0x31, role));
  refused_value(extension(tlv(0x30, actor(scheme + text("Dentist")))));
}

TEST_CASE("nesting in skipped parts is bounded") {
  Bytes deep;
  for (int i = 0; i < 40; ++i) deep = tlv(0x30, deep);
  refused_value(with_actors(tlv(0x30, tlv(0xa0, tlv(0x31, scheme + text("Dentist"))) + tlv(0xa1, deep))));
  refused_value(tlv(0x30, tlv(0x30, from_hex("06022a03") + tlv(0x31, deep))));
}
