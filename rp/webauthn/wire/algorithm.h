// The COSE signature algorithms that are understood here, as data. A key type and a curve belong to each: one name
// for several curves (-8 with Ed448, -7 with P-384) is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tegata::webauthn::wire {

namespace cose {
inline constexpr std::int64_t es256 = -7, es384 = -35, es512 = -36;
inline constexpr std::int64_t eddsa = -8, ed448 = -53;
inline constexpr std::int64_t rs256 = -257, rs384 = -258, rs512 = -259;
inline constexpr std::int64_t ps256 = -37, ps384 = -38, ps512 = -39;
inline constexpr std::int64_t rs1 = -65535;  // SHA-1: inside TPM statements alone
}  // namespace cose

// What a signature is for: some algorithms are good enough only where the specification prescribes them.
enum class AlgorithmUse { credential, tpm_statement };

enum class KeyType : std::int64_t { okp = 1, ec2 = 2, rsa = 3 };

struct Algorithm {
  std::int64_t id;
  KeyType key_type;
  std::int64_t curve;           // as COSE numbers them; 0: none
  std::size_t coordinate_size;  // bytes
  const char* openssl_type;
  const char* openssl_group;  // of EC keys
  const char* digest;         // null: the algorithm hashes by itself
  bool pss;                   // RSA with PSS padding: salt as long as the hash, MGF1 with the same hash
  bool tpm_only;
};

// Null where the algorithm is not known, or not for this use.
const Algorithm* find_algorithm(std::int64_t id, AlgorithmUse use = AlgorithmUse::credential);

bool is_supported_algorithm(std::int64_t id);
// Those of credentials, the common ones first. What a server asks for is another, shorter list.
const std::vector<std::int64_t>& supported_algorithms();

}  // namespace tegata::webauthn::wire
