#include "rp/pass/client_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "rp/base/p256.h"
#include "rp/base/roca.h"
#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

constexpr std::size_t coordinate_size = 32;
constexpr int least_bits = 2048, most_bits = 4096;

using Key = std::shared_ptr<EVP_PKEY>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Release<BN_free>>;

Key from_parameters(const char* kind, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* out = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &out, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  Key key(out, EVP_PKEY_free);
  // A point off the curve, a modulus that is none.
  const Context check(EVP_PKEY_CTX_new_from_pkey(nullptr, out, nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? key : nullptr;
}

Key rsa_key(ByteView n, ByteView e) {
  if (n.empty() || e.empty() || n.front() == 0 || n.size() > most_bits / 8 || e.size() > 8) return nullptr;
  const Number modulus(BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr));
  const Number exponent(BN_bin2bn(e.data(), static_cast<int>(e.size()), nullptr));
  if (!modulus || BN_num_bits(modulus.get()) < least_bits || !exponent || !BN_is_odd(exponent.get()) ||
      BN_is_one(exponent.get())) {
    return nullptr;
  }
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  Key key = from_parameters("RSA", builder.get());
  return has_roca_form(key.get()) ? nullptr : key;
}

bool has_secret(const Json& jwk) {
  constexpr const char* secrets[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
  return std::any_of(std::begin(secrets), std::end(secrets), [&](const char* name) { return jwk.contains(name); });
}

// Whether what the members say, where they are there, is that the key verifies signatures.
bool is_for_signatures(const Json& jwk) {
  if (jwk.contains("use") && jwk["use"] != "sig") return false;
  if (!jwk.contains("key_ops")) return true;
  const Json& operations = jwk["key_ops"];
  return operations.is_array() && std::find(operations.begin(), operations.end(), "verify") != operations.end();
}

bool is_key_set(const Json& jwks) {
  if (!jwks.is_object() || !jwks.contains("keys") || !jwks["keys"].is_array()) return false;
  return std::ranges::all_of(jwks["keys"], [](const Json& key) { return key.is_object(); });
}

// For the operator who brought it.
std::string name_of(const Json& jwk) {
  const auto kid = json_optional_string(jwk, "kid");
  return kid && *kid ? "key " + (**kid).substr(0, 64) : "a key without kid";
}

// Keys of different kinds may be meant to be alternatives (RFC 7517 section 4.5).
bool is_named_alike(const Json& one, const Json& other) {
  return one.contains("kid") && other.contains("kid") && one["kid"] == other["kid"] && one["kty"] == other["kty"];
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

Error unusable(const std::string& why) {
  return Error(errors::jwk_unusable, why, "rfc7517#section-4: a public key for signatures of a kind that is accepted");
}

bool pss_padding(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace

Bytes ecdsa_der(ByteView raw) {
  if (raw.size() != 2 * coordinate_size) return {};
  const std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>> signature(ECDSA_SIG_new());
  Number r(BN_bin2bn(raw.data(), coordinate_size, nullptr));
  Number s(BN_bin2bn(raw.data() + coordinate_size, coordinate_size, nullptr));
  if (!signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  r.release();
  s.release();
  Bytes out(static_cast<std::size_t>(std::max(i2d_ECDSA_SIG(signature.get(), nullptr), 0)));
  std::uint8_t* at = out.data();
  if (!out.empty()) i2d_ECDSA_SIG(signature.get(), &at);
  return out;
}

Result<ClientKey> ClientKey::parse(const Json& jwk) {
  const ErrorScope scope;
  if (!jwk.is_object()) return unusable("no object");
  if (has_secret(jwk)) {
    return Error(errors::jwk_secret, "a private or symmetric member",
                 "rfc7517#section-9.2: a secret stays where it is");
  }
  if (!is_for_signatures(jwk)) return unusable("use or key_ops");
  ClientKey out;
  TEGATA_ASSIGN(const std::string kind, json_string(jwk, "kty"));
  TEGATA_ASSIGN(const auto kid, json_optional_string(jwk, "kid"));
  TEGATA_ASSIGN(const auto alg, json_optional_string(jwk, "alg"));
  out.kid_ = kid.value_or("");
  out.alg_ = alg.value_or("");
  out.elliptic_ = kind == "EC";
  // rfc7638#section-3.2: the required members in the order of their names, without white space. All are plain
  // base64url.
  if (out.elliptic_) {
    TEGATA_ASSIGN(const Bytes x, json_base64url(jwk, "x"));
    TEGATA_ASSIGN(const Bytes y, json_base64url(jwk, "y"));
    TEGATA_ASSIGN(const std::string curve, json_string(jwk, "crv"));
    if (curve != "P-256") return unusable("curve");
    out.key_ = p256_public_key(x, y);
    out.thumbprint_ =
        sha256(R"({"crv":"P-256","kty":"EC","x":")" + base64url(x) + R"(","y":")" + base64url(y) + R"("})");
  } else if (kind == "RSA") {
    TEGATA_ASSIGN(const Bytes n, json_base64url(jwk, "n"));
    TEGATA_ASSIGN(const Bytes e, json_base64url(jwk, "e"));
    out.key_ = rsa_key(n, e);
    out.thumbprint_ = sha256(R"({"e":")" + base64url(e) + R"(","kty":"RSA","n":")" + base64url(n) + R"("})");
  }
  if (!out.key_) return unusable("kind, size or point: " + kind.substr(0, 16));
  if (std::ranges::none_of(client_algorithms, [&](auto one) { return out.allows(one); })) {
    return unusable("alg: " + out.alg_.substr(0, 16));
  }
  return out;
}

bool ClientKey::allows(std::string_view alg) const {
  if (!alg_.empty() && alg_ != alg) return false;
  return elliptic_ ? alg == "ES256" : alg == "RS256" || alg == "PS256";
}

bool ClientKey::verify(std::string_view alg, ByteView message, ByteView signature) const {
  if (!allows(alg)) return false;
  const ErrorScope scope;
  const Bytes der = elliptic_ ? ecdsa_der(signature) : to_bytes(signature);
  const std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* inner = nullptr;
  if (!context || EVP_DigestVerifyInit(context.get(), &inner, EVP_sha256(), nullptr, key_.get()) != 1) return false;
  if (alg == "PS256" && !pss_padding(inner)) return false;
  return EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size()) == 1;
}

Result<std::vector<ClientKey>> parse_client_keys(const Json& jwks) {
  if (!is_key_set(jwks)) return unusable("no JWK Set");
  std::vector<ClientKey> out;
  for (const Json& jwk : jwks["keys"]) {
    auto key = ClientKey::parse(jwk);
    if (key && out.size() < most_client_keys) out.push_back(std::move(*key));
  }
  return out;
}

Result<BroughtKeys> parse_brought_keys(const Json& jwks) {
  if (!is_key_set(jwks)) return unusable("no JWK Set");
  BroughtKeys out{{{"keys", Json::array()}}, {}};
  Json& counting = out.jwks["keys"];
  for (const Json& jwk : jwks["keys"]) {
    const auto key = ClientKey::parse(jwk);
    if (!key && key.error().code() == errors::jwk_secret) {
      return Error(errors::jwk_secret, name_of(jwk) + ": " + key.error().detail(), key.error().clause());
    }
    if (!key) {
      out.passed_over.push_back(name_of(jwk) + ": " + key.error().detail());
      continue;
    }
    if (std::ranges::any_of(counting, [&](const Json& other) { return is_named_alike(jwk, other); })) {
      return Error(errors::jwk_kid_twice, name_of(jwk), "rfc7517#section-4.5: different keys have different kids");
    }
    counting.push_back(jwk);
  }
  if (counting.empty()) return Error(errors::jwk_none_usable, joined(out.passed_over));
  if (counting.size() > most_client_keys) {
    return Error(errors::jwk_too_many, "at most " + std::to_string(most_client_keys));
  }
  return out;
}

}  // namespace tegata::pass
