#include "rp/webauthn/attestation.h"

#include <array>

#include "rp/webauthn/clauses.h"
#include "rp/webauthn/errors.h"

namespace tegata::webauthn {
namespace {

struct Format {
  std::string_view name;  // compared with case
  Result<VerifiedAttestation> (*verify)(const AttestationInput&);
};

constexpr std::array formats{
    Format{"none", verify_none},
    Format{"packed", verify_packed},
};

Error malformed(std::string detail) {
  return Error(errors::webauthn_attestation_object_malformed, std::move(detail), clauses::attestation_object);
}

}  // namespace

Result<AttestationObject> parse_attestation_object(ByteView bytes) {
  TEGATA_ASSIGN(const Cbor map, Cbor::scan(bytes));
  if (!map.is_map()) return malformed("not a map");
  const auto format = map.find("fmt");
  const auto statement = map.find("attStmt");
  const auto data = map.find("authData");
  if (!format || !format->text()) return malformed("fmt");
  if (!statement || !statement->is_map()) return malformed("attStmt");
  if (!data || !data->byte_string()) return malformed("authData");
  return AttestationObject{*format->text(), *statement, *data->byte_string()};
}

Result<VerifiedAttestation> verify_attestation(std::string_view format, const AttestationInput& input) {
  for (const Format& known : formats) {
    if (known.name == format) return known.verify(input);
  }
  return Error(errors::webauthn_attestation_format_unsupported, std::string(format.substr(0, 32)),
               clauses::attestation_format);
}

}  // namespace tegata::webauthn
