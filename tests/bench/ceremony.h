// One registration and one assertion of the software authenticator, and the same signature for OpenSSL alone.
#pragma once

#include <openssl/types.h>

#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/webauthn/authentication.h"

namespace tegata::bench {

struct Ceremony {
  webauthn::ExpectedAuthentication expected;
  webauthn::AuthenticationResponse response;
  webauthn::CredentialRecord record;
  Bytes user_handle;
  webauthn::PublicKey key;
  sandbox::test_pki::Key private_key;
};

// A credential of `authenticator` for localhost, registered for real.
webauthn::CredentialRecord register_for(sandbox::authenticator::Authenticator& authenticator, const Bytes& user_handle,
                                        Random& random);

// Ends the program where the ceremony does not verify: a bench has nothing to measure then.
Ceremony make_ceremony();

// Raw OpenSSL with a kept key: verify the ceremony's signature, make one ES256 signature.
class Raw {
 public:
  explicit Raw(const Ceremony& ceremony);  // keeps the ceremony's key
  ~Raw();
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;
  void verify() const;
  void sign() const;

 private:
  sandbox::test_pki::Key kept_;
  EVP_PKEY* key_;
  EVP_MD* algorithm_;
  Bytes message_, signature_;
};

}  // namespace tegata::bench
