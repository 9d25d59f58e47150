#include "rp/base/roca.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <catch2/catch.hpp>

#include "tests/support/roca_key.h"

TEST_CASE("a modulus whose primes were made as those chips made theirs is known, its neighbour is not") {
  tegata::Bytes modulus = tegata::test::roca_modulus();
  CHECK(tegata::has_roca_form(tegata::test::rsa_public_key(modulus).get()));
  modulus.back() ^= 2;
  CHECK_FALSE(tegata::has_roca_form(tegata::test::rsa_public_key(modulus).get()));
}

TEST_CASE("keys of today, other kinds of key, and none at all do not have it") {
  const auto judge = [](EVP_PKEY* key) {
    return tegata::has_roca_form(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free).get());
  };
  CHECK_FALSE(judge(EVP_RSA_gen(2048)));
  CHECK_FALSE(judge(EVP_EC_gen("P-256")));
  CHECK_FALSE(tegata::has_roca_form(nullptr));
}
