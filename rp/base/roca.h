// RSA keys of CVE-2017-15361 (ROCA): some smart cards and TPMs made primes of one form, so that a modulus can be
// factored from the public key alone. Such a key proves nobody.
#pragma once

#include <openssl/evp.h>

namespace tegata {

// Whether the modulus has that form; false for keys that are not RSA. A sound key has it once in 2^154.
bool has_roca_form(const EVP_PKEY* key);

}  // namespace tegata
