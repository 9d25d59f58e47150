#include "rp/webauthn/attestation/tpm_structures.h"

#include <algorithm>
#include <array>

#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

constexpr std::size_t clock_info_size = 17, firmware_version_size = 8;

Error tpm_structure_malformed(const char* detail) {
  return Error(errors::webauthn_tpm_structure_malformed, detail, wire::clauses::tpm_structures);
}

// Takes fields off the front. Nothing is believed of a length before that many bytes are there.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  Result<ByteView> take(std::size_t size) {
    TEGATA_REQUIRE(size <= rest_.size(), tpm_structure_malformed("too short"));
    const ByteView field = rest_.first(size);
    rest_ = rest_.subspan(size);
    return field;
  }
  Result<std::uint32_t> number(std::size_t size) {
    TEGATA_ASSIGN(const ByteView field, take(size));
    std::uint32_t value = 0;
    for (const std::uint8_t byte : field) value = value << 8 | byte;
    return value;
  }
  Result<std::uint16_t> number16() {
    TEGATA_ASSIGN(const std::uint32_t value, number(2));
    return static_cast<std::uint16_t>(value);
  }
  Result<ByteView> tpm2b() {
    TEGATA_ASSIGN(const std::uint16_t size, number16());
    return take(size);
  }
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
};

Status expect_null(Reader& reader, const char* field) {
  TEGATA_ASSIGN(const std::uint16_t value, reader.number16());
  TEGATA_REQUIRE(value == tpm::alg_null, tpm_structure_malformed(field));
  return {};
}

// TPM_ALG_NULL where the signer chooses, or a scheme with its hash.
Status skip_scheme(Reader& reader, std::span<const std::uint16_t> schemes) {
  TEGATA_ASSIGN(const std::uint16_t scheme, reader.number16());
  if (scheme == tpm::alg_null) return {};
  TEGATA_REQUIRE(std::ranges::find(schemes, scheme) != schemes.end(), tpm_structure_malformed("scheme"));
  TEGATA_TRY(reader.number16());
  return {};
}

Result<TpmRsaPublic> parse_rsa(Reader& reader) {
  constexpr std::array schemes{tpm::alg_rsassa, tpm::alg_rsapss};
  TEGATA_TRY(expect_null(reader, "symmetric"));
  TEGATA_TRY(skip_scheme(reader, schemes));
  TpmRsaPublic key{};
  TEGATA_ASSIGN(key.key_bits, reader.number16());
  TEGATA_ASSIGN(key.exponent, reader.number(4));
  TEGATA_ASSIGN(key.modulus, reader.tpm2b());
  return key;
}

Result<TpmEccPublic> parse_ecc(Reader& reader) {
  constexpr std::array schemes{tpm::alg_ecdsa};
  TEGATA_TRY(expect_null(reader, "symmetric"));
  TEGATA_TRY(skip_scheme(reader, schemes));
  TpmEccPublic key{};
  TEGATA_ASSIGN(key.curve, reader.number16());
  TEGATA_TRY(expect_null(reader, "kdf"));
  TEGATA_ASSIGN(key.x, reader.tpm2b());
  TEGATA_ASSIGN(key.y, reader.tpm2b());
  return key;
}

}  // namespace

Result<TpmsAttest> parse_tpms_attest(ByteView bytes) {
  Reader reader(bytes);
  TpmsAttest attest{};
  TEGATA_ASSIGN(attest.magic, reader.number(4));
  TEGATA_ASSIGN(attest.type, reader.number16());
  TEGATA_TRY(reader.tpm2b());  // qualifiedSigner
  TEGATA_ASSIGN(attest.extra_data, reader.tpm2b());
  TEGATA_TRY(reader.take(clock_info_size + firmware_version_size));
  attest.attested = reader.rest();
  return attest;
}

Result<TpmsCertifyInfo> parse_tpms_certify_info(ByteView bytes) {
  Reader reader(bytes);
  TpmsCertifyInfo info{};
  TEGATA_ASSIGN(info.name, reader.tpm2b());
  TEGATA_TRY(reader.tpm2b());  // qualifiedName
  TEGATA_REQUIRE(reader.rest().empty(), tpm_structure_malformed("leftover of certInfo"));
  return info;
}

Result<TpmtPublic> parse_tpmt_public(ByteView bytes) {
  Reader reader(bytes);
  TpmtPublic area{};
  TEGATA_ASSIGN(const std::uint16_t type, reader.number16());
  TEGATA_ASSIGN(area.name_algorithm, reader.number16());
  TEGATA_ASSIGN(area.attributes, reader.number(4));
  TEGATA_TRY(reader.tpm2b());  // authPolicy
  TEGATA_REQUIRE(type == tpm::alg_rsa || type == tpm::alg_ecc, tpm_structure_malformed("type"));
  if (type == tpm::alg_rsa) {
    TEGATA_ASSIGN(area.key, parse_rsa(reader));
  } else {
    TEGATA_ASSIGN(area.key, parse_ecc(reader));
  }
  TEGATA_REQUIRE(reader.rest().empty(), tpm_structure_malformed("leftover of pubArea"));
  return area;
}

}  // namespace tegata::webauthn::attestation
