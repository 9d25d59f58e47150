#include "rp/store/audit/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "rp/base/openssl.h"
#include "rp/base/pem.h"
#include "rp/host/private_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::audit {
namespace {

constexpr std::size_t secret_size = 32;

template <typename T, auto release>
using Own = std::unique_ptr<T, Release<release>>;

// The scalar of P-256, or the seed of Ed25519.
std::optional<Bytes> secret_of(EVP_PKEY* key) {
  Bytes out(secret_size);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    std::size_t size = out.size();
    if (EVP_PKEY_get_raw_private_key(key, out.data(), &size) != 1 || size != out.size()) return std::nullopt;
    return out;
  }
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1) return std::nullopt;
  const Own<BIGNUM, BN_clear_free> owned(number);
  if (BN_bn2binpad(number, out.data(), static_cast<int>(out.size())) != static_cast<int>(out.size()))
    return std::nullopt;
  return out;
}

}  // namespace

Digest hkdf_sha256(ByteView secret, std::string_view label) {
  const Digest no_salt{};
  const auto extracted = hmac_sha256(no_salt, secret);
  Bytes info = to_bytes(as_bytes(label));
  info.push_back(1);
  return hmac_sha256(extracted, info);
}

AuditKey::~AuditKey() {
  EVP_PKEY_free(key_);
  OPENSSL_cleanse(mac_key_.data(), mac_key_.size());
}

Result<std::unique_ptr<AuditKey>> AuditKey::load(const std::string& path) {
  TEGATA_ASSIGN(const auto pem, host::read_private_file(path));
  std::unique_ptr<AuditKey> loaded(new AuditKey(parse_private_key_pem(pem).release()));
  if (!loaded->key_ || !(is_p256(loaded->key_) || loaded->is_ed25519())) {
    return Error(errors::store_audit_broken, path + ": the audit key is no private key on P-256 and none for Ed25519");
  }
  TEGATA_TRY(loaded->derive());
  return loaded;
}

Status AuditKey::derive() {
  auto secret = secret_of(key_);
  if (!secret) return Error(errors::store_audit_broken, "the audit key has no private part");
  mac_key_ = hkdf_sha256(*secret, "tegata audit record mac");
  OPENSSL_cleanse(secret->data(), secret->size());
  return {};
}

bool AuditKey::is_ed25519() const { return EVP_PKEY_is_a(key_, "ED25519") == 1; }

// Ed25519 hashes by itself.
const char* AuditKey::hash_name() const { return is_ed25519() ? nullptr : "SHA256"; }

// Whoever loses the race uses the winner's key.
Status AuditKey::make(const std::string& path, Random& random) {
  const auto key = p256_private_key(random_bytes(random, 32));
  const auto pem = key ? private_key_pem(key.get()) : std::string();
  if (pem.empty())
    return Error(
        errors::store_unavailable,
        path + ": the audit key cannot be made: OpenSSL gave no text of it; look at its version and its memory");
  return host::write_private_file(path, pem, true);
}

Bytes AuditKey::sign(const std::string& text) const {
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_)));
  std::size_t size = signature.size();
  const Own<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const bool done = EVP_DigestSignInit_ex(context.get(), nullptr, hash_name(), nullptr, nullptr, key_, nullptr) == 1 &&
                    EVP_DigestSign(context.get(), signature.data(), &size, as_bytes(text).data(), text.size()) == 1;
  signature.resize(done ? size : 0);
  return signature;
}

bool AuditKey::verify(const std::string& text, ByteView signature) const {
  const ErrorScope scope;
  const Own<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, hash_name(), nullptr, nullptr, key_, nullptr) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), as_bytes(text).data(), text.size()) == 1;
}

Digest AuditKey::mac(const Digest& hash) const { return hmac_sha256(mac_key_, hash); }

}  // namespace tegata::store::audit
