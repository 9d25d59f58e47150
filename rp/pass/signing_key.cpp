#include "rp/pass/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "rp/base/pem.h"
#include "rp/pass/client_key.h"
#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

constexpr int p256_size = 32;

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Signature = std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)>;

std::string coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(raw, BN_free);
  Bytes out(p256_size);
  if (BN_bn2binpad(number.get(), out.data(), p256_size) != p256_size) return {};
  return base64url(out);
}

bool has_private_part(EVP_PKEY* key) {
  BIGNUM* raw = nullptr;
  const bool there = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &raw) == 1;
  BN_clear_free(raw);
  return there;
}

Result<Bytes> raw_from_der(ByteView der) {
  const std::uint8_t* at = der.data();
  const Signature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  Bytes out(2 * p256_size);
  if (!parsed || BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.data(), p256_size) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.data() + p256_size, p256_size) < 0) {
    return Error(errors::jws_signing_failed, "signature does not fit");
  }
  return out;
}

}  // namespace

Result<std::string> signing_key_pem(ByteView secret) {
  const KeyOwner key = p256_private_key(secret);
  auto pem = key ? private_key_pem(key.get()) : std::string();
  if (pem.empty()) return Error(errors::signing_key_unusable, "no secret number of P-256");
  return pem;
}

Result<SigningKey> SigningKey::parse_pem(std::string_view pem) {
  SigningKey out;
  out.key_ = parse_private_key_pem(pem);
  if (!out.key_) return Error(errors::signing_key_unusable, "not a PEM private key");
  out.private_part_ = is_p256(out.key_.get()) && has_private_part(out.key_.get());
  if (!out.private_part_) return Error(errors::signing_key_unusable, "not a private key on P-256");
  TEGATA_TRY(out.name_itself());
  return out;
}

Result<SigningKey> SigningKey::parse_jwk(const Json& jwk, Signer signer) {
  const auto x = json_base64url(jwk, "x"), y = json_base64url(jwk, "y");
  const bool ours = jwk.is_object() && jwk.value("kty", "") == "EC" && jwk.value("crv", "") == "P-256";
  SigningKey out;
  if (ours && x && y) out.key_ = p256_public_key(*x, *y);
  if (!out.key_) return Error(errors::signing_key_unusable, "not a public key on P-256");
  out.signer_ = std::move(signer);
  TEGATA_TRY(out.name_itself());
  return out;
}

Status SigningKey::name_itself() {
  x_ = coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X);
  y_ = coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
  if (x_.empty() || y_.empty()) return Error(errors::signing_key_unusable, "no public key");
  // rfc7638#section-3.2: the required members in the order of their names, without white space.
  kid_ = base64url(sha256(R"({"crv":"P-256","kty":"EC","x":")" + x_ + R"(","y":")" + y_ + R"("})"));
  return {};
}

Json SigningKey::public_jwk() const {
  return {{"kty", "EC"}, {"crv", "P-256"}, {"x", x_}, {"y", y_}, {"kid", kid_}, {"use", "sig"}, {"alg", "ES256"}};
}

Result<Bytes> SigningKey::sign(ByteView message) const {
  const Digest digest = sha256(message);
  if (signer_) return signer_(digest);
  if (!private_part_) return Error(errors::jws_signing_failed, "the private part of " + kid_ + " is not here");
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr), EVP_PKEY_CTX_free);
  std::array<std::uint8_t, 80> der{};
  std::size_t size = der.size();
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(), digest.size()) != 1) {
    ERR_clear_error();
    return Error(errors::jws_signing_failed);
  }
  return raw_from_der(ByteView(der).first(size));
}

bool SigningKey::verify(ByteView message, ByteView signature) const {
  if (signature.size() != 2 * p256_size) return false;
  const Digest digest = sha256(message);
  const Bytes der = ecdsa_der(signature);
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr), EVP_PKEY_CTX_free);
  const bool right = !der.empty() && context && EVP_PKEY_verify_init(context.get()) == 1 &&
                     EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return right;
}

const SigningKey* KeySet::find(std::string_view kid) const {
  if (current.kid() == kid) return &current;
  for (const auto& key : others) {
    if (key.kid() == kid) return &key;
  }
  return nullptr;
}

Json KeySet::jwks() const {
  Json keys = Json::array({current.public_jwk()});
  for (const auto& key : others) keys.push_back(key.public_jwk());
  return {{"keys", std::move(keys)}};
}

}  // namespace tegata::pass
