// The modulus of an RSA key of 2,048 bits whose primes were made as the chips of CVE-2017-15361 made theirs. Made for
// tests, from a seed; it protects nothing.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

#include "rp/base/bytes.h"

namespace tegata::test {

inline Bytes roca_modulus() {
  return parse_hex(
             "ca185d154a44442c6c8ef58cd303f859362419f9156f718dce71d3d7a2190f5336d8ab8d4ba1dfe675afa708e42301c178c0aac48"
             "3d1e979"
             "15a4cf862787c08e2d90375846118db4069f2b2db0e4d5ab4211fdb92007ac75323c6295d06f0f568d55ba4070066afb96544f356"
             "f030adf"
             "7f6da844eb45bd434c95ca7d8c67d61b81aa64502f4cba7c3cfe45394ea1451ea9c864618789746a1c3637f78a61d6aacc6b8978d"
             "f85de10"
             "b83f65ba18be8aa26a8e9f61e22463dd3eb132e054440a62ad2d23515bd9c9ba1c45da1fdddfce1ec109b430e6b421b77c4d7ac19"
             "9d2713b"
             "ecbba37ea18b8a63042b3a57cd607f2a2fa4b9c6d4920dc7db2c775b7e62af87")
      .value();
}

// The public key of any modulus, with the exponent 65537.
inline std::shared_ptr<EVP_PKEY> rsa_public_key(const Bytes& modulus) {
  BIGNUM *n = BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr), *e = BN_new();
  BN_set_word(e, 65537);
  OSSL_PARAM_BLD* const builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
  OSSL_PARAM* const parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context);
  EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
  EVP_PKEY_CTX_free(context), OSSL_PARAM_free(parameters), OSSL_PARAM_BLD_free(builder), BN_free(n), BN_free(e);
  return {key, EVP_PKEY_free};
}

}  // namespace tegata::test
