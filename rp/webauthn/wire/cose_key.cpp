// COSE_Key (RFC 9052 section 7) in the form that WebAuthn Level 3 section 6.5.1.1 prescribes:
//   EC2: {1: 2, 3: alg, -1: crv, -2: x, -3: y}
//   OKP: {1: 1, 3: alg, -1: crv, -2: x}
//   RSA: {1: 3, 3: alg, -1: n, -2: e}
#include <openssl/core_names.h>

#include <array>

#include "rp/webauthn/wire/cbor.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"
#include "rp/webauthn/wire/signature_key.h"

namespace tegata::webauthn::wire {
namespace {

enum : std::int64_t { label_kty = 1, label_alg = 3 };
enum : std::int64_t { label_curve = -1, label_x = -2, label_y = -3 };
enum : std::int64_t { label_n = -1, label_e = -2 };

Error cose_key_malformed(std::string detail) {
  return Error(errors::webauthn_cose_key_malformed, std::move(detail), clauses::cose_key);
}
Error cose_key_invalid(std::string detail) {
  return Error(errors::webauthn_cose_key_invalid, std::move(detail), clauses::cose_algorithm);
}

Result<std::int64_t> integer_at(const Cbor& map, std::int64_t label) {
  const auto item = map.find(label);
  TEGATA_REQUIRE(item, cose_key_malformed("no " + std::to_string(label)));
  const auto value = item->integer();
  TEGATA_REQUIRE(value, cose_key_malformed("no integer " + std::to_string(label)));
  return *value;
}

// A compressed point has a boolean where y should be.
Result<ByteView> bytes_at(const Cbor& map, std::int64_t label) {
  const auto item = map.find(label);
  TEGATA_REQUIRE(item, cose_key_malformed("no " + std::to_string(label)));
  const auto value = item->byte_string();
  TEGATA_REQUIRE(value, cose_key_malformed("no byte string " + std::to_string(label)));
  return *value;
}

Result<ByteView> coordinate_at(const Cbor& map, std::int64_t label, const Algorithm& algorithm) {
  TEGATA_ASSIGN(const ByteView value, bytes_at(map, label));
  TEGATA_REQUIRE(value.size() == algorithm.coordinate_size, cose_key_malformed("length of " + std::to_string(label)));
  return value;
}

// In as few bytes as it takes (RFC 8230 section 4).
Result<BignumPtr> number_at(const Cbor& map, std::int64_t label) {
  TEGATA_ASSIGN(const ByteView value, bytes_at(map, label));
  TEGATA_REQUIRE(!value.empty() && value.front() != 0, cose_key_malformed("number " + std::to_string(label)));
  return BignumPtr(BN_bin2bn(value.data(), static_cast<int>(value.size()), nullptr));
}

Status check_shape(const Cbor& map, const Algorithm& algorithm, std::size_t parameters) {
  TEGATA_ASSIGN(const std::int64_t type, integer_at(map, label_kty));
  TEGATA_REQUIRE(type == static_cast<std::int64_t>(algorithm.key_type),
                 cose_key_invalid("key type " + std::to_string(type)));
  TEGATA_REQUIRE(map.size() == parameters, cose_key_malformed("other parameters"));
  return {};
}

Status check_curve(const Cbor& map, const Algorithm& algorithm) {
  TEGATA_ASSIGN(const std::int64_t curve, integer_at(map, label_curve));
  TEGATA_REQUIRE(curve == algorithm.curve, cose_key_invalid("curve " + std::to_string(curve)));
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

Result<PkeyPtr> parse_ec2(const Algorithm& algorithm, const Cbor& map) {
  TEGATA_TRY(check_shape(map, algorithm, 5));
  TEGATA_TRY(check_curve(map, algorithm));
  TEGATA_ASSIGN(const ByteView x, coordinate_at(map, label_x, algorithm));
  TEGATA_ASSIGN(const ByteView y, coordinate_at(map, label_y, algorithm));
  Bytes point{0x04};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  std::string group = algorithm.openssl_group;
  std::array<OSSL_PARAM, 3> params{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  return from_params("EC",
                     params.data());  // null where the point is not on the curve, which SignatureKey::make refuses
}

// SignatureKey::make judges the point.
Result<PkeyPtr> parse_okp(const Algorithm& algorithm, const Cbor& map) {
  TEGATA_TRY(check_shape(map, algorithm, 4));
  TEGATA_TRY(check_curve(map, algorithm));
  TEGATA_ASSIGN(const ByteView x, coordinate_at(map, label_x, algorithm));
  return PkeyPtr(EVP_PKEY_new_raw_public_key_ex(nullptr, algorithm.openssl_type, nullptr, x.data(), x.size()));
}

// SignatureKey::make judges the numbers.
Result<PkeyPtr> parse_rsa(const Algorithm& algorithm, const Cbor& map) {
  TEGATA_TRY(check_shape(map, algorithm, 4));
  TEGATA_ASSIGN(const BignumPtr n, number_at(map, label_n));
  TEGATA_ASSIGN(const BignumPtr e, number_at(map, label_e));
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  return from_params("RSA", params.get());
}

Result<PkeyPtr> parse_key(const Algorithm& algorithm, const Cbor& map) {
  switch (algorithm.key_type) {
    case KeyType::ec2:
      return parse_ec2(algorithm, map);
    case KeyType::okp:
      return parse_okp(algorithm, map);
    default:
      return parse_rsa(algorithm, map);
  }
}

}  // namespace

Result<SignatureKey> SignatureKey::parse_cose(ByteView cose_key) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const Cbor map, Cbor::scan(cose_key));
  TEGATA_ASSIGN(const std::int64_t id, integer_at(map, label_alg));
  const Algorithm* const algorithm = find_algorithm(id);
  TEGATA_REQUIRE(algorithm, Error(errors::webauthn_algorithm_unsupported, std::to_string(id), clauses::cose_algorithm));
  TEGATA_ASSIGN(PkeyPtr key, parse_key(*algorithm, map));
  return make(id, std::move(key));
}

}  // namespace tegata::webauthn::wire
