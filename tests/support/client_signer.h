// A client's key pair for tests: its JWK, and signatures of whatever header and claims a test wants.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>

#include "rp/base/instant.h"
#include "rp/base/json.h"

namespace tegata::test {

class ClientSigner {
 public:
  // "ES256", "RS256" or "PS256".
  explicit ClientSigner(std::string alg = "ES256", unsigned bits = 2048)
      : alg_(std::move(alg)), key_(alg_ == "ES256" ? EVP_EC_gen("P-256") : EVP_RSA_gen(bits), EVP_PKEY_free) {}

  Json jwk() const {
    if (alg_ == "ES256") return {{"kty", "EC"}, {"crv", "P-256"}, {"x", number("qx", 32)}, {"y", number("qy", 32)}};
    return {{"kty", "RSA"}, {"n", number("n", 0)}, {"e", number("e", 0)}};
  }
  Json jwks() const { return {{"keys", Json::array({jwk()})}}; }
  std::string thumbprint() const {
    const Json key = jwk();
    const auto value = [&](const char* name) { return key[name].get<std::string>(); };
    return base64url(
        sha256(alg_ == "ES256" ? R"({"crv":"P-256","kty":"EC","x":")" + value("x") + R"(","y":")" + value("y") + R"("})"
                               : R"({"e":")" + value("e") + R"(","kty":"RSA","n":")" + value("n") + R"("})"));
  }

  std::string sign(Json header, const Json& claims) const {
    header.emplace("alg", alg_);
    return sign_texts(header.dump(), claims.dump());
  }
  // These very texts, whatever they are.
  std::string sign_texts(const std::string& header, const std::string& claims) const {
    const std::string message = base64url(as_bytes(header)) + "." + base64url(as_bytes(claims));
    return message + "." + base64url(signature(message));
  }

  // A good assertion of that client, changed as the test says; null takes a claim away.
  std::string assertion(const std::string& client_id, const std::string& issuer, Instant now, const Json& changes = {},
                        const Json& header = Json::object()) const {
    Json claims = {{"iss", client_id},
                   {"sub", client_id},
                   {"aud", issuer},
                   {"jti", "jti-" + std::to_string(++made_)},
                   {"iat", unix_seconds(now)},
                   {"exp", unix_seconds(now) + 60}};
    return sign(header, changed(claims, changes));
  }

  // A good request object of that client without any parameter, changed likewise.
  std::string request_object(const std::string& client_id, const std::string& issuer, Instant now,
                             const Json& changes = {}, const Json& header = Json::object()) const {
    const Json claims = {
        {"iss", client_id}, {"aud", issuer}, {"client_id", client_id}, {"exp", unix_seconds(now) + 60}};
    return sign(header, changed(claims, changes));
  }

  std::string proof(const std::string& method, const std::string& url, Instant now, const Json& changes = {},
                    const Json& header = Json::object()) const {
    Json whole = {{"typ", "dpop+jwt"}, {"jwk", jwk()}};
    whole.update(header);
    const Json claims = {
        {"htm", method}, {"htu", url}, {"iat", unix_seconds(now)}, {"jti", "proof-" + std::to_string(++made_)}};
    return sign(whole, changed(claims, changes));
  }

 private:
  static Json changed(Json claims, const Json& changes) {
    if (!changes.is_object()) return claims;
    for (const auto& [name, value] : changes.items()) {
      if (value.is_null())
        claims.erase(name);
      else
        claims[name] = value;
    }
    return claims;
  }

  std::string number(const char* name, int size) const {
    BIGNUM* raw = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &raw);
    Bytes out(static_cast<std::size_t>(size == 0 ? BN_num_bytes(raw) : size));
    BN_bn2binpad(raw, out.data(), static_cast<int>(out.size()));
    BN_free(raw);
    return base64url(out);
  }

  Bytes signature(const std::string& message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* inner = nullptr;
    EVP_DigestSignInit(context.get(), &inner, EVP_sha256(), nullptr, key_.get());
    if (alg_ == "PS256") {
      EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST);
    }
    std::size_t size = 0;
    const ByteView bytes = as_bytes(message);
    EVP_DigestSign(context.get(), nullptr, &size, bytes.data(), bytes.size());
    Bytes out(size);
    EVP_DigestSign(context.get(), out.data(), &size, bytes.data(), bytes.size());
    out.resize(size);
    return alg_ == "ES256" ? raw(out) : out;
  }

  static Bytes raw(const Bytes& der) {
    const std::uint8_t* at = der.data();
    ECDSA_SIG* parsed = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    Bytes out(64);
    BN_bn2binpad(ECDSA_SIG_get0_r(parsed), out.data(), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(parsed), out.data() + 32, 32);
    ECDSA_SIG_free(parsed);
    return out;
  }

  static inline int made_ = 0;
  std::string alg_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace tegata::test
