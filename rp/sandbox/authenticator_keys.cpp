#include "rp/sandbox/authenticator_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "rp/sandbox/authenticator_cbor.h"

namespace tegata::sandbox {
namespace {

constexpr std::int64_t es256 = -7, eddsa = -8, rs256 = -257;

Bytes number(const Key& key, const char* name, std::size_t width) {
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key.get(), name, &raw);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> value(raw, BN_free);
  Bytes bytes(width == 0 ? BN_num_bytes(raw) : width);
  BN_bn2binpad(raw, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Bytes ed25519_public(const Key& key) {
  Bytes bytes(32);
  std::size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size);
  return bytes;
}

}  // namespace

bool can_make_key(std::int64_t algorithm) { return algorithm == es256 || algorithm == eddsa || algorithm == rs256; }

Key make_key(std::int64_t algorithm) {
  if (algorithm == es256) return p256_key();
  if (algorithm == rs256) return rsa_key();
  return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
}

Bytes cose_key(const Key& key, std::int64_t algorithm) {
  CborWriter out;
  if (algorithm == es256) {
    out.map(5).integer(1).integer(2).integer(3).integer(algorithm).integer(-1).integer(1);
    out.integer(-2).bytes(number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32));
    out.integer(-3).bytes(number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
  } else if (algorithm == eddsa) {
    out.map(4).integer(1).integer(1).integer(3).integer(algorithm).integer(-1).integer(6);
    out.integer(-2).bytes(ed25519_public(key));
  } else {
    out.map(4).integer(1).integer(3).integer(3).integer(algorithm);
    out.integer(-1)
        .bytes(number(key, OSSL_PKEY_PARAM_RSA_N, 0))
        .integer(-2)
        .bytes(number(key, OSSL_PKEY_PARAM_RSA_E, 0));
  }
  return out.out();
}

Bytes sign(const Key& key, std::int64_t algorithm, ByteView message) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestSignInit(context.get(), nullptr, algorithm == eddsa ? nullptr : EVP_sha256(), nullptr, key.get());
  std::size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size());
  Bytes signature(size);
  EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size());
  signature.resize(size);
  return signature;
}

Bytes private_key_der(const Key& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key.get(), &der);
  if (size <= 0) return {};
  Bytes bytes(der, der + size);
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return bytes;
}

Key parse_private_key(ByteView der) {
  const unsigned char* cursor = der.data();
  EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &cursor, static_cast<long>(der.size()));
  return key ? Key(key, EVP_PKEY_free) : nullptr;
}

}  // namespace tegata::sandbox
