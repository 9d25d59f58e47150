// The TPM 2.0 structures in an attestation statement (TCG, TPM 2.0 Library, Part 2: Structures), read where they lie.
// Numbers are big-endian; a TPM2B is a length of two bytes and that many bytes.
//
//   TPMS_ATTEST        magic:4 type:2 qualifiedSigner:TPM2B extraData:TPM2B clockInfo:17 firmwareVersion:8 attested
//   TPMS_CERTIFY_INFO  name:TPM2B qualifiedName:TPM2B
//   TPMT_PUBLIC        type:2 nameAlg:2 objectAttributes:4 authPolicy:TPM2B parameters unique
//     of TPM_ALG_RSA   symmetric:2 scheme keyBits:2 exponent:4, modulus:TPM2B
//     of TPM_ALG_ECC   symmetric:2 scheme curveID:2 kdf:2, x:TPM2B y:TPM2B
//     scheme           2, and the hash algorithm:2 behind it unless it is TPM_ALG_NULL
#pragma once

#include <cstdint>
#include <variant>

#include "rp/base/bytes.h"
#include "rp/base/result.h"

namespace tegata::webauthn::attestation {

namespace tpm {
inline constexpr std::uint32_t generated_value = 0xff544347;
inline constexpr std::uint16_t st_attest_certify = 0x8017;
inline constexpr std::uint16_t alg_rsa = 0x0001, alg_null = 0x0010, alg_ecc = 0x0023;
inline constexpr std::uint16_t alg_sha1 = 0x0004, alg_sha256 = 0x000b, alg_sha384 = 0x000c, alg_sha512 = 0x000d;
inline constexpr std::uint16_t alg_rsassa = 0x0014, alg_rsapss = 0x0016, alg_ecdsa = 0x0018;
// TPMA_OBJECT, section 8.3
inline constexpr std::uint32_t fixed_tpm = 1 << 1, fixed_parent = 1 << 4, sensitive_data_origin = 1 << 5;
inline constexpr std::uint16_t ecc_nist_p256 = 0x0003, ecc_nist_p384 = 0x0004, ecc_nist_p521 = 0x0005;
}  // namespace tpm

// Views into the parsed bytes.
struct TpmsAttest {
  std::uint32_t magic;
  std::uint16_t type;
  ByteView extra_data;
  ByteView attested;  // a structure of its own for each type
};

struct TpmsCertifyInfo {
  ByteView name;
};

struct TpmRsaPublic {
  std::uint16_t key_bits;
  std::uint32_t exponent;  // as written: 0 stands for 65537
  ByteView modulus;
};

struct TpmEccPublic {
  std::uint16_t curve;
  ByteView x, y;
};

struct TpmtPublic {
  std::uint16_t name_algorithm;
  std::uint32_t attributes;
  std::variant<TpmRsaPublic, TpmEccPublic> key;
};

// Each reads all of `bytes`. A public area is that of a signing key: symmetric and kdf are TPM_ALG_NULL.
// Error: webauthn_tpm_structure_malformed.
Result<TpmsAttest> parse_tpms_attest(ByteView bytes);
Result<TpmsCertifyInfo> parse_tpms_certify_info(ByteView bytes);
Result<TpmtPublic> parse_tpmt_public(ByteView bytes);

}  // namespace tegata::webauthn::attestation
