#include "rp/base/p256.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <array>
#include <string_view>

namespace tegata {
namespace {

constexpr std::size_t coordinate_size = 32;

template <typename T, auto release>
using Own = std::unique_ptr<T, Release<release>>;

KeyOwner from_parts(OSSL_PARAM_BLD* parts, int selection) {
  const Own<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(parts));
  const Own<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) {
    return nullptr;
  }
  return KeyOwner(key);
}

}  // namespace

KeyOwner p256_private_key(ByteView secret) {
  const ErrorScope errors;
  const Own<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Own<BIGNUM, BN_clear_free> number(BN_bin2bn(secret.data(), static_cast<int>(secret.size()), nullptr));
  if (!group || !number || BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0) {
    return nullptr;
  }
  const Own<EC_POINT, EC_POINT_free> point(EC_POINT_new(group.get()));
  std::array<std::uint8_t, 65> octets{};
  EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr);
  EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, octets.data(), octets.size(), nullptr);
  const Own<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> parts(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(parts.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get());
  OSSL_PARAM_BLD_push_octet_string(parts.get(), OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size());
  return from_parts(parts.get(), EVP_PKEY_KEYPAIR);
}

KeyOwner p256_public_key(ByteView x, ByteView y) {
  const ErrorScope errors;
  if (x.size() != coordinate_size || y.size() != coordinate_size) return nullptr;
  Bytes point = {4};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  const Own<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> parts(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(parts.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(parts.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  auto key = from_parts(parts.get(), EVP_PKEY_PUBLIC_KEY);
  const Own<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (!check || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return key;
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> group{};
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == SN_X9_62_prime256v1;
}

}  // namespace tegata
