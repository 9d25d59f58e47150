#include "rp/sandbox/authenticator/keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "rp/sandbox/authenticator/cbor.h"

namespace tegata::sandbox::authenticator {
namespace {

enum KeyType : std::int64_t { okp = 1, ec2 = 2, rsa = 3 };

// Written apart from the table of the verifier, so that a mistake there is not made here too.
struct Recipe {
  std::int64_t algorithm;
  KeyType type;
  std::int64_t curve;
  std::size_t size;  // of a coordinate
  const char* made_as;
  const EVP_MD* (*digest)();
  bool pss;
};

constexpr std::array recipes{
    Recipe{-7, ec2, 1, 32, "P-256", EVP_sha256, false},  Recipe{-35, ec2, 2, 48, "P-384", EVP_sha384, false},
    Recipe{-36, ec2, 3, 66, "P-521", EVP_sha512, false}, Recipe{-8, okp, 6, 32, "ED25519", nullptr, false},
    Recipe{-53, okp, 7, 57, "ED448", nullptr, false},    Recipe{-257, rsa, 0, 0, "RSA", EVP_sha256, false},
    Recipe{-258, rsa, 0, 0, "RSA", EVP_sha384, false},   Recipe{-259, rsa, 0, 0, "RSA", EVP_sha512, false},
    Recipe{-37, rsa, 0, 0, "RSA", EVP_sha256, true},     Recipe{-38, rsa, 0, 0, "RSA", EVP_sha384, true},
    Recipe{-39, rsa, 0, 0, "RSA", EVP_sha512, true},     Recipe{-65535, rsa, 0, 0, "RSA", EVP_sha1, false},
};

const Recipe* recipe_of(std::int64_t algorithm) {
  const auto* const found = std::ranges::find(recipes, algorithm, &Recipe::algorithm);
  return found == recipes.end() ? nullptr : found;
}

Bytes number(const test_pki::Key& key, const char* name, std::size_t width) {
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key.get(), name, &raw);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> value(raw, BN_free);
  Bytes bytes(width == 0 ? BN_num_bytes(raw) : width);
  BN_bn2binpad(raw, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Bytes raw_public(const test_pki::Key& key, std::size_t size) {
  Bytes bytes(size);
  EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size);
  return bytes;
}

void use_pss(EVP_PKEY_CTX* context, int salt_length) {
  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING);
  EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt_length);
}

}  // namespace

bool can_make_key(std::int64_t algorithm) { return algorithm != -65535 && recipe_of(algorithm); }

test_pki::Key make_key(std::int64_t algorithm) {
  const Recipe& recipe = *recipe_of(algorithm);
  if (recipe.type == rsa) return test_pki::rsa_key();
  if (recipe.type == ec2) return test_pki::ec_key(recipe.made_as);
  return test_pki::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, recipe.made_as), EVP_PKEY_free);
}

Bytes cose_key(const test_pki::Key& key, std::int64_t algorithm) {
  const Recipe& recipe = *recipe_of(algorithm);
  CborWriter out;
  out.map(recipe.type == ec2 ? 5 : 4).integer(1).integer(recipe.type).integer(3).integer(algorithm);
  if (recipe.type == rsa) {
    out.integer(-1).bytes(number(key, OSSL_PKEY_PARAM_RSA_N, 0));
    out.integer(-2).bytes(number(key, OSSL_PKEY_PARAM_RSA_E, 0));
    return out.out();
  }
  out.integer(-1).integer(recipe.curve);
  if (recipe.type == okp) {
    out.integer(-2).bytes(raw_public(key, recipe.size));
  } else {
    out.integer(-2).bytes(number(key, OSSL_PKEY_PARAM_EC_PUB_X, recipe.size));
    out.integer(-3).bytes(number(key, OSSL_PKEY_PARAM_EC_PUB_Y, recipe.size));
  }
  return out.out();
}

Bytes sign(const test_pki::Key& key, std::int64_t algorithm, ByteView message) {
  return sign_with_salt(key, algorithm, message, RSA_PSS_SALTLEN_DIGEST);
}

Bytes sign_with_salt(const test_pki::Key& key, std::int64_t algorithm, ByteView message, int salt_length) {
  const Recipe& recipe = *recipe_of(algorithm);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* inside = nullptr;
  EVP_DigestSignInit(context.get(), &inside, recipe.digest ? recipe.digest() : nullptr, nullptr, key.get());
  if (recipe.pss) use_pss(inside, salt_length);
  std::size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size());
  Bytes signature(size);
  EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size());
  signature.resize(size);
  return signature;
}

Bytes private_key_der(const test_pki::Key& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key.get(), &der);
  if (size <= 0) return {};
  Bytes bytes(der, der + size);
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return bytes;
}

test_pki::Key parse_private_key(ByteView der) {
  const unsigned char* cursor = der.data();
  EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &cursor, static_cast<long>(der.size()));
  return key ? test_pki::Key(key, EVP_PKEY_free) : nullptr;
}

}  // namespace tegata::sandbox::authenticator
