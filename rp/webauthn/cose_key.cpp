// COSE_Key (RFC 9052 section 7) in the form that WebAuthn Level 3 section 6.5.1.1 prescribes:
//   EC2: {1: 2, 3: alg, -1: crv, -2: x, -3: y}   OKP: {1: 1, 3: alg, -1: crv, -2: x}   RSA: {1: 3, 3: alg, -1: n, -2:
//   e}
#include <openssl/core_names.h>

#include "rp/webauthn/cbor.h"
#include "rp/webauthn/clauses.h"
#include "rp/webauthn/errors.h"
#include "rp/webauthn/signature_key.h"

namespace tegata::webauthn {
namespace {

enum : std::int64_t { label_kty = 1, label_alg = 3 };
enum : std::int64_t { kty_okp = 1, kty_ec2 = 2, kty_rsa = 3 };
enum : std::int64_t { curve_p256 = 1, curve_ed25519 = 6 };

Error malformed(std::string detail) {
  return Error(errors::webauthn_cose_key_malformed, std::move(detail), clauses::cose_key);
}
Error invalid(std::string detail) {
  return Error(errors::webauthn_cose_key_invalid, std::move(detail), clauses::cose_algorithm);
}

Result<std::int64_t> integer_at(const Cbor& map, std::int64_t label) {
  const auto item = map.find(label);
  const auto value = item ? item->integer() : std::nullopt;
  if (!value) return malformed("integer " + std::to_string(label));
  return *value;
}

Result<ByteView> bytes_at(const Cbor& map, std::int64_t label) {
  const auto item = map.find(label);
  const auto value = item ? item->byte_string() : std::nullopt;
  if (!value) return malformed("byte string " + std::to_string(label));
  return *value;
}

Status check_shape(const Cbor& map, std::int64_t kty, std::size_t parameters) {
  TEGATA_ASSIGN(const std::int64_t actual, integer_at(map, label_kty));
  if (actual != kty) return invalid("key type " + std::to_string(actual));
  if (map.size() != parameters) return malformed("other parameters");
  return {};
}

Status check_curve(const Cbor& map, std::int64_t curve) {
  TEGATA_ASSIGN(const std::int64_t actual, integer_at(map, -1));
  if (actual != curve) return invalid("curve " + std::to_string(actual));
  return {};
}

PkeyPtr from_params(const char* type, OSSL_PARAM* params) {
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || !params || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

// The import refuses points that are not on the curve.
Result<PkeyPtr> parse_p256(const Cbor& map) {
  TEGATA_TRY(check_shape(map, kty_ec2, 5));
  TEGATA_TRY(check_curve(map, curve_p256));
  TEGATA_ASSIGN(const ByteView x, bytes_at(map, -2));
  TEGATA_ASSIGN(const ByteView y, bytes_at(map, -3));
  if (x.size() != 32 || y.size() != 32) return malformed("coordinate length");
  Bytes point{0x04};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  std::string group = SN_X9_62_prime256v1;
  std::array<OSSL_PARAM, 3> params{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  PkeyPtr key = from_params("EC", params.data());
  if (!key) return invalid("point is not on the curve");
  return key;
}

Result<PkeyPtr> parse_ed25519(const Cbor& map) {
  TEGATA_TRY(check_shape(map, kty_okp, 4));
  TEGATA_TRY(check_curve(map, curve_ed25519));
  TEGATA_ASSIGN(const ByteView x, bytes_at(map, -2));
  if (x.size() != 32) return malformed("coordinate length");
  return PkeyPtr(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, x.data(), x.size()));
}

Result<PkeyPtr> parse_rsa(const Cbor& map) {
  TEGATA_TRY(check_shape(map, kty_rsa, 4));
  TEGATA_ASSIGN(const ByteView n, bytes_at(map, -1));
  TEGATA_ASSIGN(const ByteView e, bytes_at(map, -2));
  if (n.size() > 1024 || e.empty() || e.size() > 4) return malformed("modulus or exponent length");
  const BignumPtr modulus(BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr));
  const BignumPtr exponent(BN_bin2bn(e.data(), static_cast<int>(e.size()), nullptr));
  if (!BN_is_odd(modulus.get()) || !BN_is_odd(exponent.get()) || BN_is_one(exponent.get()))
    return invalid("even or one");
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  return from_params("RSA", params.get());
}

Result<PkeyPtr> parse_key(std::int64_t algorithm, const Cbor& map) {
  switch (algorithm) {
    case cose::es256:
      return parse_p256(map);
    case cose::eddsa:
      return parse_ed25519(map);
    case cose::rs256:
      return parse_rsa(map);
    default:
      return Error(errors::webauthn_algorithm_unsupported, std::to_string(algorithm), clauses::cose_algorithm);
  }
}

}  // namespace

Result<SignatureKey> SignatureKey::parse_cose(ByteView cose_key) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const Cbor map, Cbor::scan(cose_key));
  if (!map.is_map()) return malformed("not a map");
  TEGATA_ASSIGN(const std::int64_t algorithm, integer_at(map, label_alg));
  TEGATA_ASSIGN(PkeyPtr key, parse_key(algorithm, map));
  return make(algorithm, std::move(key));
}

}  // namespace tegata::webauthn
