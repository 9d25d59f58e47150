#include "rp/webauthn/attestation/attestation.h"

#include <array>

#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

struct Format {
  std::string_view name;  // compared with case
  Result<VerifiedAttestation> (*verify)(const AttestationInput&);
};

constexpr std::array formats{
    Format{"none", verify_none},
    Format{"packed", verify_packed},
    Format{"fido-u2f", verify_fido_u2f},
    Format{"tpm", verify_tpm},
    Format{"android-key", verify_android_key},
    Format{"android-safetynet", verify_android_safetynet},
    Format{"apple", verify_apple},
    Format{"compound", verify_compound},
};

// One more than CTAP2 allows for messages: object, compound statements, statement, its members, x5c.
constexpr std::size_t max_statement_depth = 5;

Error object_malformed(std::string detail) {
  return Error(errors::webauthn_attestation_object_malformed, std::move(detail), wire::clauses::attestation_object);
}

}  // namespace

Result<AttestationObject> parse_attestation_object(ByteView bytes) {
  TEGATA_ASSIGN(const wire::Cbor map, wire::Cbor::scan(bytes, max_statement_depth));
  TEGATA_REQUIRE(map.is_map(), object_malformed("not a map"));
  const auto format = map.find("fmt");
  const auto statement = map.find("attStmt");
  const auto data = map.find("authData");
  TEGATA_REQUIRE(format && format->text(), object_malformed("fmt"));
  TEGATA_REQUIRE(statement && (*format->text() == "compound" ? statement->is_array() : statement->is_map()),
                 object_malformed("attStmt"));
  TEGATA_REQUIRE(data && data->byte_string(), object_malformed("authData"));
  // The object is a map of these three alone (section 6.5.4); nothing that is signed would say anything of a fourth.
  TEGATA_REQUIRE(map.size() == 3, object_malformed("other members"));
  return AttestationObject{*format->text(), *statement, *data->byte_string()};
}

Result<VerifiedAttestation> verify_attestation(std::string_view format, const AttestationInput& input) {
  for (const Format& known : formats) {
    if (known.name == format) return known.verify(input);
  }
  return Error(errors::webauthn_attestation_format_unsupported, std::string(format.substr(0, 32)),
               wire::clauses::attestation_format);
}

}  // namespace tegata::webauthn::attestation
