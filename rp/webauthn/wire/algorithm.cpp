#include "rp/webauthn/wire/algorithm.h"

#include <openssl/obj_mac.h>

#include <algorithm>
#include <array>

namespace tegata::webauthn::wire {
namespace {

constexpr Algorithm ecdsa(std::int64_t id, std::int64_t curve, std::size_t size, const char* group,
                          const char* digest) {
  return {id, KeyType::ec2, curve, size, "EC", group, digest, false, false};
}
constexpr Algorithm edwards(std::int64_t id, std::int64_t curve, std::size_t size, const char* type) {
  return {id, KeyType::okp, curve, size, type, nullptr, nullptr, false, false};
}
constexpr Algorithm rsa(std::int64_t id, const char* digest, bool pss = false, bool tpm_only = false) {
  return {id, KeyType::rsa, 0, 0, "RSA", nullptr, digest, pss, tpm_only};
}

constexpr std::array algorithms{
    ecdsa(cose::es256, 1, 32, SN_X9_62_prime256v1, "SHA256"),
    edwards(cose::eddsa, 6, 32, "ED25519"),
    rsa(cose::rs256, "SHA256"),
    ecdsa(cose::es384, 2, 48, SN_secp384r1, "SHA384"),
    ecdsa(cose::es512, 3, 66, SN_secp521r1, "SHA512"),
    edwards(cose::ed448, 7, 57, "ED448"),
    rsa(cose::rs384, "SHA384"),
    rsa(cose::rs512, "SHA512"),
    rsa(cose::ps256, "SHA256", true),
    rsa(cose::ps384, "SHA384", true),
    rsa(cose::ps512, "SHA512", true),
    rsa(cose::rs1, "SHA1", false, true),
};

}  // namespace

const Algorithm* find_algorithm(std::int64_t id, AlgorithmUse use) {
  const auto found = std::ranges::find(algorithms, id, &Algorithm::id);
  if (found == algorithms.end()) return nullptr;
  return found->tpm_only && use != AlgorithmUse::tpm_statement ? nullptr : &*found;
}

bool is_supported_algorithm(std::int64_t id) { return find_algorithm(id) != nullptr; }

const std::vector<std::int64_t>& supported_algorithms() {
  static const std::vector<std::int64_t> ids = [] {
    std::vector<std::int64_t> out;
    for (const auto& algorithm : algorithms) {
      if (!algorithm.tpm_only) out.push_back(algorithm.id);
    }
    return out;
  }();
  return ids;
}

}  // namespace tegata::webauthn::wire
