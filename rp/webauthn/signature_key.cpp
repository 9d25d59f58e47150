#include "rp/webauthn/signature_key.h"

#include <openssl/core_names.h>

#include "rp/webauthn/clauses.h"
#include "rp/webauthn/errors.h"

namespace tegata::webauthn {
namespace {

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;  // more costs seconds, and nobody makes it

Error invalid(std::string detail) {
  return Error(errors::webauthn_cose_key_invalid, std::move(detail), clauses::cose_algorithm);
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 32> name{};
  std::size_t length = 0;
  return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) == 1 &&
         std::string_view(name.data(), length) == SN_X9_62_prime256v1;
}

bool suits(std::int64_t algorithm, const EVP_PKEY* key) {
  if (algorithm == cose::es256) return is_p256(key);
  if (algorithm == cose::eddsa) return EVP_PKEY_is_a(key, "ED25519");
  const int bits = EVP_PKEY_get_bits(key);
  return EVP_PKEY_is_a(key, "RSA") && bits >= min_rsa_bits && bits <= max_rsa_bits;
}

const EVP_MD* digest_of(std::int64_t algorithm) {
  // Fetched once for the life of the program.
  static EVP_MD* const sha_256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm == cose::eddsa ? nullptr : sha_256;
}

}  // namespace

bool is_supported_algorithm(std::int64_t algorithm) {
  return algorithm == cose::es256 || algorithm == cose::eddsa || algorithm == cose::rs256;
}

Result<SignatureKey> SignatureKey::make(std::int64_t algorithm, PkeyPtr key) {
  const ErrorScope errors_stay_here;
  if (!is_supported_algorithm(algorithm)) {
    return Error(errors::webauthn_algorithm_unsupported, std::to_string(algorithm), clauses::cose_algorithm);
  }
  if (!key || !suits(algorithm, key.get())) return invalid("key does not suit algorithm " + std::to_string(algorithm));
  DigestContextPtr ready(EVP_MD_CTX_new());
  if (!ready || EVP_DigestVerifyInit(ready.get(), nullptr, digest_of(algorithm), nullptr, key.get()) != 1) {
    return invalid("key cannot verify");
  }
  return SignatureKey(algorithm, std::move(key), std::move(ready));
}

bool SignatureKey::verify(ByteView message, ByteView signature) const {
  const ErrorScope errors_stay_here;
  const DigestContextPtr context(EVP_MD_CTX_new());
  if (!context || EVP_MD_CTX_copy_ex(context.get(), ready_.get()) != 1) return false;
  // This copy is used once, so OpenSSL need not copy it again to keep it usable.
  EVP_MD_CTX_set_flags(context.get(), EVP_MD_CTX_FLAG_FINALISE);
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace tegata::webauthn
