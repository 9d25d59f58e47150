#include "tests/bench/ceremony.h"

#include <openssl/evp.h>

#include "rp/server/running/system.h"
#include "rp/webauthn/options.h"
#include "tests/bench/bench.h"

namespace tegata::bench {
webauthn::CredentialRecord register_for(sandbox::authenticator::Authenticator& authenticator, const Bytes& user_handle,
                                        Random& random) {
  webauthn::ExpectedRegistration expected;
  expected.rp_id = "localhost";
  expected.origins = {public_origin};
  expected.challenge = random_bytes(random, 32);
  expected.algorithms = {-7};
  expected.policy = webauthn::wire::standard_policy();
  expected.now = server::running::SystemClock().now();
  const auto options =
      webauthn::creation_options(expected, "Tegata", {user_handle, "bench", "bench"}, {}, "none", 60'000);
  const auto json = require(authenticator.create(options, public_origin, {}, random));
  return require(webauthn::verify_registration(expected, require(webauthn::parse_registration_response(json))))
      .record();
}

Ceremony make_ceremony() {
  server::running::SystemRandom random;
  auto authenticator = sandbox::authenticator::Authenticator::make(random);
  const auto user_handle = random_bytes(random, 64);
  const auto record = register_for(authenticator, user_handle, random);
  webauthn::ExpectedAuthentication expected;
  expected.policy = webauthn::wire::standard_policy();
  expected.rp_id = "localhost";
  expected.origins = {public_origin};
  expected.challenge = random_bytes(random, 32);
  const auto json = require(authenticator.get(webauthn::request_options(expected, 60'000), public_origin, {}, random));
  return {expected,    require(webauthn::parse_authentication_response(json)), record,
          user_handle, require(webauthn::PublicKey::parse(record.public_key)), authenticator.credentials().back().key};
}

Raw::Raw(const Ceremony& ceremony)
    : kept_(ceremony.private_key), key_(kept_.get()), signature_(ceremony.response.signature) {
  message_ = ceremony.response.authenticator_data;
  const auto hash = sha256(ceremony.response.client_data_json);
  message_.insert(message_.end(), hash.begin(), hash.end());
  algorithm_ = EVP_MD_fetch(nullptr, "SHA256", nullptr);
}

Raw::~Raw() { EVP_MD_free(algorithm_); }

void Raw::verify() const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool good =
      EVP_DigestVerifyInit(context, nullptr, algorithm_, nullptr, key_) == 1 &&
      EVP_DigestVerify(context, signature_.data(), signature_.size(), message_.data(), message_.size()) == 1;
  EVP_MD_CTX_free(context);
  if (!good) std::abort();
}

void Raw::sign() const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::uint8_t out[128];
  std::size_t length = sizeof out;
  const bool good = EVP_DigestSignInit(context, nullptr, algorithm_, nullptr, key_) == 1 &&
                    EVP_DigestSign(context, out, &length, message_.data(), message_.size()) == 1;
  EVP_MD_CTX_free(context);
  if (!good) std::abort();
}

}  // namespace tegata::bench
