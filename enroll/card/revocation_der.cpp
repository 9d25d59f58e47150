#include "enroll/card/revocation_der.h"

#include <algorithm>
#include <array>

#include "enroll/card/asn1.h"
#include "enroll/card/errors.h"

namespace tegata::card {
namespace {

namespace tag = asn1::tag;
constexpr auto list_code = errors::card_revocation_malformed;

// 2.5.29.x, the arc of certificate and list extensions.
constexpr int reason_code = 21, hold_instruction = 23, invalidity_date = 24, delta_indicator = 27,
              issuing_distribution_point = 28, certificate_issuer = 29, crl_number = 20, authority_key_identifier = 35;
constexpr int other_extension = -1;

Error list_malformed(const char* what) { return Error(list_code, what, "rfc5280#section-5.1: certificate list"); }
Error out_of_scope(const char* what) {
  return Error(errors::card_revocation_scope, what, "rfc5280#section-5.2.5: scope of the list");
}

struct Extension {
  int type = other_extension;
  bool critical = false;
  ByteView value;
};

Result<Extension> read_extension(ByteView content) {
  asn1::Reader reader(content, list_code);
  TEGATA_ASSIGN(const auto oid, reader.expect(tag::oid));
  Extension extension;
  if (oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x1d && oid[2] < 0x80) extension.type = oid[2];
  if (reader.next_is(tag::boolean)) {
    TEGATA_ASSIGN(const auto critical, reader.expect(tag::boolean));
    TEGATA_TRY(asn1::is_true(critical, list_code));
    extension.critical = true;
  }
  TEGATA_ASSIGN(extension.value, reader.expect(tag::octet_string));
  TEGATA_TRY(reader.end());
  return extension;
}

// `take` gets each extension; every known type comes at most once.
template <typename Take>
Status read_extensions(ByteView content, Take take) {
  if (content.empty()) return list_malformed("no extension");
  std::array<bool, 128> seen{};
  for (asn1::Reader reader(content, list_code); !reader.at_end();) {
    TEGATA_ASSIGN(const auto one, reader.expect(tag::sequence));
    TEGATA_ASSIGN(const auto extension, read_extension(one));
    if (extension.type >= 0 && std::exchange(seen[static_cast<std::size_t>(extension.type)], true))
      return list_malformed("extension twice");
    TEGATA_TRY(take(extension));
  }
  return {};
}

Status refuse_if_critical(const Extension& extension) {
  if (!extension.critical) return {};
  return Error(errors::card_revocation_extension, std::to_string(extension.type),
               "rfc5280#section-5.2: unrecognized critical extension");
}

// --- entries ------------------------------------------------------------------------------------------------------

Status read_reason(ByteView value) {
  TEGATA_ASSIGN(const auto reason, asn1::only(value, tag::enumerated, list_code));
  if (reason.size() != 1 || reason[0] > 10 || reason[0] == 7) return list_malformed("reason");
  return {};
}

Status read_entry_extension(const Extension& extension) {
  switch (extension.type) {
    case reason_code:
      return read_reason(extension.value);
    case hold_instruction:
    case invalidity_date:
      return asn1::walk(extension.value, list_code);
    case certificate_issuer:
      return out_of_scope("an entry of another authority");
    default:
      return refuse_if_critical(extension);
  }
}

Result<RevokedSerial> read_entry(ByteView content) {
  asn1::Reader reader(content, list_code);
  TEGATA_ASSIGN(const auto serial, reader.expect(tag::integer));
  const auto revoked = to_revoked_serial(serial);
  if (!revoked) return list_malformed("serial number");
  TEGATA_ASSIGN(const auto date, reader.next());
  TEGATA_TRY(asn1::time(date, list_code));
  if (!reader.at_end()) {
    TEGATA_ASSIGN(const auto extensions, reader.expect(tag::sequence));
    TEGATA_TRY(read_extensions(extensions, read_entry_extension));
  }
  TEGATA_TRY(reader.end());
  return *revoked;
}

Result<std::vector<RevokedSerial>> read_entries(ByteView content) {
  std::vector<RevokedSerial> revoked;
  if (content.empty()) return list_malformed("an empty list of entries");
  for (asn1::Reader reader(content, list_code); !reader.at_end();) {
    TEGATA_ASSIGN(const auto entry, reader.expect(tag::sequence));
    TEGATA_ASSIGN(const auto serial, read_entry(entry));
    revoked.push_back(serial);
  }
  std::sort(revoked.begin(), revoked.end());
  revoked.erase(std::unique(revoked.begin(), revoked.end()), revoked.end());
  return revoked;
}

// --- extensions of the list ---------------------------------------------------------------------------------------

// DistributionPointName; a name relative to the issuer is nothing that certificates here are matched with.
Result<std::vector<Bytes>> read_full_name(ByteView content) {
  asn1::Reader choice(content, list_code);
  TEGATA_ASSIGN(const auto name, choice.next());
  TEGATA_TRY(choice.end());
  if (name.tag != tag::explicit_(0)) return out_of_scope("a relative name");
  std::vector<Bytes> names;
  for (asn1::Reader reader(name.content, list_code); !reader.at_end();) {
    TEGATA_ASSIGN(const auto one, reader.next());
    names.push_back(to_bytes(one.whole));
  }
  if (names.empty()) return list_malformed("no name");
  return names;
}

Result<bool> read_flag(asn1::Reader& reader, std::uint8_t number) {
  if (!reader.next_is(tag::implicit_(number))) return false;
  TEGATA_ASSIGN(const auto content, reader.expect(tag::implicit_(number)));
  TEGATA_TRY(asn1::is_true(content, list_code));
  return true;
}

Status read_scope(ByteView value, ParsedRevocationList& list) {
  TEGATA_ASSIGN(const auto content, asn1::only(value, tag::sequence, list_code));
  if (content.empty()) return list_malformed("issuingDistributionPoint says nothing");
  list.scope = value;
  asn1::Reader reader(content, list_code);
  if (reader.next_is(tag::explicit_(0))) {
    TEGATA_ASSIGN(const auto point, reader.expect(tag::explicit_(0)));
    TEGATA_ASSIGN(list.points, read_full_name(point));
  }
  TEGATA_ASSIGN(list.users_only, read_flag(reader, 1));
  TEGATA_ASSIGN(list.authorities_only, read_flag(reader, 2));
  if (reader.next_is(tag::implicit_(3))) return out_of_scope("some reasons only");
  TEGATA_ASSIGN(const bool indirect, read_flag(reader, 4));
  if (indirect) return out_of_scope("indirect");
  TEGATA_ASSIGN(const bool attributes, read_flag(reader, 5));
  if (attributes) return out_of_scope("attribute certificates");
  if (list.users_only && list.authorities_only) return list_malformed("two scopes");
  return reader.end();
}

Status read_number(ByteView value, ParsedRevocationList& list) {
  TEGATA_ASSIGN(auto number, asn1::only(value, tag::integer, list_code));
  TEGATA_TRY(asn1::is_integer(number, 21, list_code));
  if (number[0] >= 0x80) return list_malformed("CRLNumber below zero");
  if (number[0] == 0) number = number.subspan(1);
  list.number = to_bytes(number);
  return {};
}

Status read_key_identifier(ByteView value, ParsedRevocationList& list) {
  TEGATA_ASSIGN(const auto content, asn1::only(value, tag::sequence, list_code));
  asn1::Reader reader(content, list_code);
  TEGATA_ASSIGN(list.key_identifier, reader.expect(tag::implicit_(0)));
  while (!reader.at_end()) TEGATA_TRY(reader.next());  // issuer and serial say nothing more
  return {};
}

Status read_list_extensions(ByteView content, ParsedRevocationList& list) {
  bool numbered = false;
  TEGATA_TRY(read_extensions(content, [&](const Extension& extension) -> Status {
    switch (extension.type) {
      case authority_key_identifier:
        return read_key_identifier(extension.value, list);
      case crl_number:
        numbered = true;
        return read_number(extension.value, list);
      case issuing_distribution_point:
        return read_scope(extension.value, list);
      case delta_indicator:
        return out_of_scope("a delta");
      default:
        return refuse_if_critical(extension);
    }
  }));
  if (!numbered || list.key_identifier.empty()) return list_malformed("no CRLNumber or no authorityKeyIdentifier");
  return {};
}

// --- the list -----------------------------------------------------------------------------------------------------

bool is_time(const asn1::Reader& reader) {
  return reader.next_is(tag::utc_time) || reader.next_is(tag::generalized_time);
}

Result<Instant> read_time(asn1::Reader& reader) {
  TEGATA_ASSIGN(const auto element, reader.next());
  return asn1::time(element, list_code);
}

Status read_signed_part(ByteView content, ParsedRevocationList& list) {
  asn1::Reader reader(content, list_code);
  TEGATA_ASSIGN(const auto version, reader.expect(tag::integer));
  if (version.size() != 1 || version[0] != 1) return list_malformed("version");
  TEGATA_ASSIGN(const auto algorithm, reader.next());
  if (!std::ranges::equal(algorithm.whole, list.algorithm)) return list_malformed("two algorithms");
  TEGATA_ASSIGN(const auto issuer, reader.next());
  if (issuer.tag != tag::sequence) return list_malformed("issuer");
  TEGATA_TRY(asn1::walk(issuer.content, list_code));
  list.issuer = issuer.whole;
  TEGATA_ASSIGN(list.this_update, read_time(reader));
  if (!is_time(reader)) return list_malformed("no nextUpdate");
  TEGATA_ASSIGN(list.next_update, read_time(reader));
  if (list.next_update <= list.this_update) return list_malformed("nextUpdate before thisUpdate");
  if (reader.next_is(tag::sequence)) {
    TEGATA_ASSIGN(const auto entries, reader.expect(tag::sequence));
    TEGATA_ASSIGN(list.revoked, read_entries(entries));
  }
  TEGATA_ASSIGN(const auto wrapped, reader.expect(tag::explicit_(0)));
  TEGATA_TRY(reader.end());
  TEGATA_ASSIGN(const auto extensions, asn1::only(wrapped, tag::sequence, list_code));
  return read_list_extensions(extensions, list);
}

}  // namespace

std::optional<RevokedSerial> to_revoked_serial(ByteView integer_content) {
  RevokedSerial serial;
  if (!asn1::is_integer(integer_content, serial.bytes.size() - 1, list_code)) return std::nullopt;
  serial.bytes[0] = static_cast<std::uint8_t>(integer_content.size());
  std::ranges::copy(integer_content, serial.bytes.begin() + 1);
  return serial;
}

Result<ParsedRevocationList> parse_revocation_list(ByteView der) {
  TEGATA_ASSIGN(const auto content, asn1::only(der, tag::sequence, list_code));
  asn1::Reader reader(content, list_code);
  TEGATA_ASSIGN(const auto signed_part, reader.next());
  TEGATA_ASSIGN(const auto algorithm, reader.next());
  TEGATA_ASSIGN(const auto signature, reader.expect(tag::bit_string));
  TEGATA_TRY(reader.end());
  if (signed_part.tag != tag::sequence || algorithm.tag != tag::sequence) return list_malformed("structure");
  if (signature.size() < 2 || signature[0] != 0) return list_malformed("signature");
  ParsedRevocationList list;
  list.signed_part = signed_part.whole;
  list.algorithm = algorithm.whole;
  list.signature = signature.subspan(1);
  TEGATA_TRY(read_signed_part(signed_part.content, list));
  return list;
}

Result<std::vector<Bytes>> parse_distribution_points(ByteView extension_value, ErrorCode refusal) {
  std::vector<Bytes> points;
  if (extension_value.empty()) return points;
  const Error broken(refusal, "cRLDistributionPoints");
  const auto list = asn1::only(extension_value, tag::sequence, list_code);
  if (!list) return broken;
  for (asn1::Reader reader(*list, list_code); !reader.at_end();) {
    const auto point = reader.expect(tag::sequence);
    if (!point) return broken;
    asn1::Reader parts(*point, list_code);
    if (!parts.next_is(tag::explicit_(0))) continue;
    const auto name = parts.expect(tag::explicit_(0));
    if (!name) return broken;
    if (!parts.at_end()) continue;  // of some reasons only, or of another issuer
    const auto names = read_full_name(*name);
    if (!names && names.error().code() == list_code) return broken;
    if (names) points.insert(points.end(), names->begin(), names->end());
  }
  return points;
}

}  // namespace tegata::card
