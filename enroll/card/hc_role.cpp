#include "enroll/card/hc_role.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "enroll/card/asn1.h"
#include "enroll/card/errors.h"
#include "rp/base/json.h"

namespace tegata::card {
namespace {

namespace tag = asn1::tag;
using asn1::Element;

constexpr auto hc_role_code = errors::card_malformed;

Error hc_role_malformed(const char* what) { return Error(hc_role_code, what, "iso-17090-2#hcRole: strict DER"); }

Result<std::string> free_text(ByteView content) {
  const std::string text(as_text(content));
  const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.empty() || control || !is_utf8(text)) return hc_role_malformed("codeDataFreeText");
  return text;
}

Result<std::string> numeric_text(ByteView content) {
  const std::string text(as_text(content));
  if (text.empty() || text.find_first_not_of("0123456789 ") != std::string::npos)
    return hc_role_malformed("codeDataValue");
  return text;
}

// One field of CodedData into its place; each at most once.
Status read_field(const Element& field, HcRole& role) {
  std::string* place = nullptr;
  std::optional<Result<std::string>> text;
  if (field.tag == tag::explicit_(0)) {
    TEGATA_ASSIGN(const auto oid, asn1::only(field.content, tag::oid, hc_role_code));
    place = &role.scheme;
    text = asn1::dotted(oid, hc_role_code);
  } else if (field.tag == tag::explicit_(1)) {
    TEGATA_ASSIGN(const auto value, asn1::only(field.content, tag::numeric_string, hc_role_code));
    place = &role.code;
    text = numeric_text(value);
  } else if (field.tag == tag::explicit_(2)) {
    TEGATA_ASSIGN(const auto value, asn1::only(field.content, tag::utf8_string, hc_role_code));
    place = &role.name;
    text = free_text(value);
  } else {
    return hc_role_malformed("unknown field of CodedData");
  }
  if (!*text) return text->error();
  if (!place->empty()) return hc_role_malformed("field of CodedData twice");
  *place = **text;
  return {};
}

Result<HcRole> read_coded_data(ByteView content) {
  HcRole role;
  for (asn1::Reader reader(content, hc_role_code); !reader.at_end();) {
    TEGATA_ASSIGN(const auto field, reader.next());
    TEGATA_TRY(read_field(field, role));
  }
  if (role.scheme.empty() || role.name.empty()) return hc_role_malformed("CodedData without scheme or text");
  return role;
}

Result<HcRole> read_actor(ByteView content) {
  asn1::Reader reader(content, hc_role_code);
  TEGATA_ASSIGN(const auto wrapped, reader.expect(tag::explicit_(0)));
  TEGATA_ASSIGN(const auto coded_data, asn1::only(wrapped, tag::set, hc_role_code));
  TEGATA_ASSIGN(auto role, read_coded_data(coded_data));
  if (reader.next_is(tag::explicit_(1))) {
    TEGATA_ASSIGN(const auto regional, reader.expect(tag::explicit_(1)));
    TEGATA_TRY(asn1::walk(regional, hc_role_code));
  }
  TEGATA_TRY(reader.end());
  return role;
}

Status read_values(ByteView values, std::vector<HcRole>& roles) {
  if (values.empty()) return hc_role_malformed("attribute without value");
  for (asn1::Reader data(values, hc_role_code); !data.at_end();) {
    TEGATA_ASSIGN(const auto actors, data.expect(tag::set));
    for (asn1::Reader reader(actors, hc_role_code); !reader.at_end();) {
      TEGATA_ASSIGN(const auto actor, reader.expect(tag::sequence));
      TEGATA_ASSIGN(auto role, read_actor(actor));
      roles.push_back(std::move(role));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<HcRole>> parse_hc_roles(ByteView extension_value) {
  TEGATA_ASSIGN(const auto attributes, asn1::only(extension_value, tag::sequence, hc_role_code));
  std::vector<HcRole> roles;
  bool seen = false;
  for (asn1::Reader reader(attributes, hc_role_code); !reader.at_end();) {
    TEGATA_ASSIGN(const auto attribute, reader.expect(tag::sequence));
    asn1::Reader parts(attribute, hc_role_code);
    TEGATA_ASSIGN(const auto type, parts.expect(tag::oid));
    TEGATA_ASSIGN(const auto type_text, asn1::dotted(type, hc_role_code));
    TEGATA_ASSIGN(const auto values, parts.expect(tag::set));
    TEGATA_TRY(parts.end());
    if (type_text != "1.0.17090.0.1") {
      TEGATA_TRY(asn1::walk(values, hc_role_code));
      continue;
    }
    if (std::exchange(seen, true)) return hc_role_malformed("hcRole twice");
    TEGATA_TRY(read_values(values, roles));
  }
  return roles;
}

}  // namespace tegata::card
