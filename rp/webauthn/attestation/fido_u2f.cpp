// fido-u2f (WebAuthn Level 3 section 8.6): {"sig": bytes, "x5c": [leaf]}, signed as U2F authenticators do:
//
//   0x00 | rpIdHash (32) | client data hash (32) | credential ID | 0x04 x (32) y (32)
#include <algorithm>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

struct FidoU2fStatement {
  ByteView signature;
  AttestationPath certificates;
};

Error fido_u2f_malformed(std::string detail) {
  return Error(errors::webauthn_attestation_statement_malformed, std::move(detail), wire::clauses::fido_u2f_syntax);
}

Result<FidoU2fStatement> parse_fido_u2f(const wire::Cbor& map) {
  const auto signature = map.find("sig");
  TEGATA_REQUIRE(signature && signature->byte_string(), fido_u2f_malformed("sig"));
  const auto x5c = map.find("x5c");
  TEGATA_REQUIRE(x5c, fido_u2f_malformed("x5c is missing"));
  TEGATA_ASSIGN(AttestationPath certificates, parse_x5c(*x5c, wire::clauses::fido_u2f_syntax));
  TEGATA_REQUIRE(certificates.size() == 1, fido_u2f_malformed("x5c of several"));
  TEGATA_REQUIRE(map.size() == 2, fido_u2f_malformed("other members"));
  return FidoU2fStatement{*signature->byte_string(), std::move(certificates)};
}

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

Bytes verification_data(const AttestationInput& input) {
  const auto key = wire::Cbor::scan(input.credential.public_key);
  const auto coordinate = [&](std::int64_t label) {
    const auto item = key ? key->find(label) : std::nullopt;
    return item ? item->byte_string().value_or(ByteView()) : ByteView();
  };
  Bytes out{0x00};
  append(out, input.rp_id_hash);
  append(out, input.client_data_hash);
  append(out, input.credential.credential_id);
  out.push_back(0x04);
  append(out, coordinate(-2));
  append(out, coordinate(-3));
  return out;
}

bool is_zero(ByteView aaguid) {
  return std::ranges::all_of(aaguid, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

Result<VerifiedAttestation> verify_fido_u2f(const AttestationInput& input) {
  TEGATA_ASSIGN(const FidoU2fStatement statement, parse_fido_u2f(input.statement));
  const X509& leaf = *statement.certificates.front();
  TEGATA_ASSIGN(const wire::SignatureKey key,
                certificate_key(wire::cose::es256, leaf, wire::clauses::fido_u2f_certificate));
  TEGATA_REQUIRE(input.credential_key.algorithm() == wire::cose::es256,
                 Error(errors::webauthn_fido_u2f_credential_key, {}, wire::clauses::fido_u2f_credential));
  TEGATA_REQUIRE(key.verify(verification_data(input), statement.signature),
                 Error(errors::webauthn_attestation_signature_invalid, {}, wire::clauses::fido_u2f_signature));
  TEGATA_REQUIRE(input.policy.fido_u2f_aaguid_allowed || is_zero(input.credential.aaguid),
                 Error(errors::webauthn_fido_u2f_aaguid, hex(input.credential.aaguid), wire::clauses::fido_u2f_aaguid));
  return VerifiedAttestation{.type = "certified", .paths = {statement.certificates}};
}

}  // namespace tegata::webauthn::attestation
