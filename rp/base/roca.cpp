// Their primes are k * M + (65537^a mod M), where M is the product of the first primes. So modulo each of those small
// primes the modulus is a power of 65537 (Nemec et al., "The Return of Coppersmith's Attack", section 2).
#include "rp/base/roca.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include <algorithm>

#include "rp/base/openssl.h"

namespace tegata {
namespace {

using Number = std::unique_ptr<BIGNUM, Release<BN_free>>;

// Those of M in keys of 512 bits; larger keys have more.
constexpr BN_ULONG small_primes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                     47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                     107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

bool is_power_of_65537(BN_ULONG residue, BN_ULONG prime) {
  BN_ULONG power = 1;
  do {
    if (power == residue) return true;
    power = power * 65537 % prime;
  } while (power != 1);
  return false;
}

}  // namespace

bool has_roca_form(const EVP_PKEY* key) {
  if (!key || !(EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))) return false;
  const ErrorScope errors;
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &raw);
  const Number modulus(raw);
  return modulus && std::ranges::all_of(small_primes, [&](BN_ULONG prime) {
           return is_power_of_65537(BN_mod_word(modulus.get(), prime), prime);
         });
}

}  // namespace tegata
