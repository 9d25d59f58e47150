// A public key made ready to verify with one COSE algorithm. Whatever costs time, importing the
// key and fetching the algorithm, is done once; afterwards any number of threads may verify.
#pragma once

#include "rp/base/bytes.h"
#include "rp/base/result.h"
#include "rp/webauthn/algorithm.h"
#include "rp/webauthn/openssl.h"

namespace tegata::webauthn {

class SignatureKey {
 public:
  // Checks that the key is of the kind that the algorithm names, and sane: its curve, a point of large order, RSA of
  // 2048 to 8192 bits. Errors: webauthn_algorithm_unsupported, webauthn_cose_key_invalid.
  static Result<SignatureKey> make(std::int64_t algorithm, PkeyPtr key, AlgorithmUse use = AlgorithmUse::credential);
  // A COSE_Key. Errors besides: webauthn_cose_key_malformed, webauthn_cbor_*.
  static Result<SignatureKey> parse_cose(ByteView cose_key);

  std::int64_t algorithm() const { return algorithm_; }
  // The key itself, for formats that compare it with another.
  const EVP_PKEY* key() const { return key_.get(); }
  // False for malformed signatures too. Strict: ECDSA signatures are DER, a PSS salt is as long as the hash.
  bool verify(ByteView message, ByteView signature) const;

 private:
  SignatureKey(std::int64_t algorithm, PkeyPtr key, DigestContextPtr ready)
      : algorithm_(algorithm), key_(std::move(key)), ready_(std::move(ready)) {}
  std::int64_t algorithm_;
  PkeyPtr key_;
  DigestContextPtr ready_;  // initialised for verifying; copied for each use, itself never changed
};

}  // namespace tegata::webauthn
