#include "rp/webauthn/wire/signature_key.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <array>

#include "rp/base/roca.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/edwards_point.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::wire {
namespace {

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;  // more costs seconds, and nobody makes it
constexpr int max_exponent_bits = 32;

Error signature_key_invalid(std::string detail) {
  return Error(errors::webauthn_cose_key_invalid, std::move(detail), clauses::cose_algorithm);
}

bool is_on_group(const EVP_PKEY* key, std::string_view group) {
  std::array<char, 32> name{};
  std::size_t length = 0;
  return EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) == 1 &&
         std::string_view(name.data(), length) == group;
}

BignumPtr number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return BignumPtr(number);
}

Status check_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  TEGATA_REQUIRE(bits >= min_rsa_bits, signature_key_invalid("modulus of " + std::to_string(bits) + " bits"));
  TEGATA_REQUIRE(bits <= max_rsa_bits, signature_key_invalid("modulus of " + std::to_string(bits) + " bits"));
  const BignumPtr n = number_of(key, OSSL_PKEY_PARAM_RSA_N), e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  if (!n || !e) return signature_key_invalid("numbers");  // no memory
  TEGATA_REQUIRE(BN_is_odd(n.get()), signature_key_invalid("even modulus"));
  TEGATA_REQUIRE(BN_is_odd(e.get()), signature_key_invalid("even exponent"));
  TEGATA_REQUIRE(!BN_is_one(e.get()), signature_key_invalid("exponent of one"));
  TEGATA_REQUIRE(BN_num_bits(e.get()) <= max_exponent_bits, signature_key_invalid("exponent over 32 bits"));
  TEGATA_REQUIRE(!has_roca_form(key), signature_key_invalid("modulus of CVE-2017-15361"));
  return {};
}

Status check_point(const Algorithm& algorithm, const EVP_PKEY* key) {
  Bytes point(algorithm.coordinate_size);
  std::size_t size = point.size();
  if (EVP_PKEY_get_raw_public_key(key, point.data(), &size) != 1)
    return signature_key_invalid("no public key");  // no memory
  const auto found = algorithm.id == cose::ed448 ? judge_ed448_point(point) : judge_ed25519_point(point);
  TEGATA_REQUIRE(found != EdwardsPoint::not_canonical, signature_key_invalid("point is not canonical"));
  TEGATA_REQUIRE(found != EdwardsPoint::not_on_curve, signature_key_invalid("point is not on the curve"));
  TEGATA_REQUIRE(found != EdwardsPoint::small_order, signature_key_invalid("point of small order"));
  return {};
}

Status check_key(const Algorithm& algorithm, const EVP_PKEY* key) {
  TEGATA_REQUIRE(
      key && EVP_PKEY_is_a(key, algorithm.openssl_type),
      signature_key_invalid("no key for " + std::string(algorithm.openssl_type) + ", or a point off the curve"));
  if (algorithm.key_type == KeyType::rsa) return check_rsa(key);
  if (algorithm.key_type == KeyType::okp) return check_point(algorithm, key);
  // That EC points lie on their curve was checked when the key was read.
  TEGATA_REQUIRE(is_on_group(key, algorithm.openssl_group),
                 signature_key_invalid("key is not on " + std::string(algorithm.openssl_group)));
  return {};
}

// Fetched once for the life of the program.
const EVP_MD* digest_of(const Algorithm& algorithm) {
  static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static EVP_MD* const sha384 = EVP_MD_fetch(nullptr, "SHA384", nullptr);
  static EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  if (!algorithm.digest) return nullptr;
  for (const EVP_MD* digest : {sha256, sha384, sha512}) {
    if (EVP_MD_is_a(digest, algorithm.digest)) return digest;
  }
  return sha1;
}

bool use_pss(EVP_PKEY_CTX* context, const EVP_MD* digest) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
}

// Null only where OpenSSL has no memory.
DigestContextPtr make_context(const Algorithm& algorithm, EVP_PKEY* key) {
  const EVP_MD* const digest = digest_of(algorithm);
  DigestContextPtr ready(EVP_MD_CTX_new());
  EVP_PKEY_CTX* inside = nullptr;
  if (!ready || EVP_DigestVerifyInit(ready.get(), &inside, digest, nullptr, key) != 1) return nullptr;
  if (algorithm.pss && !use_pss(inside, digest)) return nullptr;
  return ready;
}

}  // namespace

Result<SignatureKey> SignatureKey::make(std::int64_t id, PkeyPtr key, AlgorithmUse use) {
  const ErrorScope errors_stay_here;
  const Algorithm* const algorithm = find_algorithm(id, use);
  TEGATA_REQUIRE(algorithm, Error(errors::webauthn_algorithm_unsupported, std::to_string(id), clauses::cose_algorithm));
  TEGATA_TRY(check_key(*algorithm, key.get()));
  return SignatureKey(*algorithm, std::move(key));
}

void SignatureKey::make_ready() { ready_ = make_context(*algorithm_, key_.get()); }

// Null only where OpenSSL has no memory.
DigestContextPtr SignatureKey::begin() const {
  if (!ready_) return make_context(*algorithm_, key_.get());
  DigestContextPtr context(EVP_MD_CTX_new());
  if (!context || EVP_MD_CTX_copy_ex(context.get(), ready_.get()) != 1) return nullptr;
  return context;
}

bool SignatureKey::verify(ByteView message, ByteView signature) const {
  const ErrorScope errors_stay_here;
  const DigestContextPtr context = begin();
  if (!context) return false;
  // This copy is used once, so OpenSSL need not copy it again to keep it usable.
  EVP_MD_CTX_set_flags(context.get(), EVP_MD_CTX_FLAG_FINALISE);
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace tegata::webauthn::wire
