// A public key that verifies with one COSE algorithm. Importing it is done once; one that will verify often is made
// ready once more, and afterwards any number of threads may verify.
#pragma once

#include "rp/base/bytes.h"
#include "rp/base/result.h"
#include "rp/webauthn/wire/algorithm.h"
#include "rp/webauthn/wire/openssl.h"

namespace tegata::webauthn::wire {

class SignatureKey {
 public:
  // Checks that the key is of the kind that the algorithm names, and sane: its curve, a point of large order, RSA of
  // 2048 to 8192 bits that is not of CVE-2017-15361. Errors: webauthn_algorithm_unsupported, webauthn_cose_key_invalid.
  static Result<SignatureKey> make(std::int64_t algorithm, PkeyPtr key, AlgorithmUse use = AlgorithmUse::credential);
  // A COSE_Key. Errors besides: webauthn_cose_key_malformed, webauthn_cbor_*.
  static Result<SignatureKey> parse_cose(ByteView cose_key);

  // Prepares for many signatures: OpenSSL's preparation costs a third of the import, and is done for each otherwise.
  void make_ready();

  std::int64_t algorithm() const { return algorithm_->id; }
  // The key itself, for formats that compare it with another.
  const EVP_PKEY* key() const { return key_.get(); }
  // False for malformed signatures too. Strict: ECDSA signatures are DER, a PSS salt is as long as the hash.
  bool verify(ByteView message, ByteView signature) const;

 private:
  SignatureKey(const Algorithm& algorithm, PkeyPtr key) : algorithm_(&algorithm), key_(std::move(key)) {}
  DigestContextPtr begin() const;
  const Algorithm* algorithm_;  // of the table
  PkeyPtr key_;
  DigestContextPtr ready_;  // null, or initialised for verifying: copied for each use, itself never changed
};

}  // namespace tegata::webauthn::wire
