// Where the private parts of signing keys lie. The database knows the place only:
//
//   material = "file:" path        PEM; a relative path begins at [signing_keys] directory
//            | "pkcs11:" label     in the token of [signing_keys]
#pragma once

#include "rp/base/world.h"
#include "rp/pass/signing_key.h"
#include "rp/server/config/config.h"
#include "rp/server/keys/pkcs11_token.h"

namespace tegata::server::keys {

struct MadeKey {
  pass::SigningKey key;
  std::string material;
};

// For one thread at a time; the keys that it gives are safe to use from several, and may outlive it.
class KeyMaterial {
 public:
  explicit KeyMaterial(config::SigningKeysConfig config);

  static bool is_in_token(const std::string& material);

  // A new key in the configured place, and nowhere else where that refuses.
  // Errors: file_not_written, signing_key_unusable, pkcs11_unusable, pkcs11_pin_refused.
  Result<MadeKey> make(Random&, Instant now);
  // Takes away what make() made and nobody learned of.
  void discard(const MadeKey&);
  // The key of that row, able to sign.
  // Errors: signing_key_unusable (gone, or another key), file_open_to_others, pkcs11_unusable, pkcs11_pin_refused.
  Result<pass::SigningKey> load(const std::string& material, const Json& public_jwk);

  // Whether the file of a key could still be read; of one in a token nothing is said. Errors: those of private files.
  Status verify_file(const std::string& material) const;

  // Null before the token was opened.
  std::shared_ptr<Pkcs11Token> opened_token() const { return token_; }
  // Why the token takes no PIN at the moment, if it refused one.
  std::optional<std::string> refused_pin() const;

 private:
  Result<MadeKey> make_file(Random&, Instant now);
  Result<MadeKey> make_in_token(Random&, Instant now);
  Result<pass::SigningKey> load_file(const std::string& material);
  Result<pass::SigningKey> load_from_token(const std::string& label, const Json& public_jwk);
  Result<std::shared_ptr<Pkcs11Token>> token();
  std::string path_of(const std::string& material) const;
  const config::SigningKeysConfig config_;
  const std::shared_ptr<RefusedPin> refused_;
  std::shared_ptr<Pkcs11Token> token_;
};

// The key of the configuration's signing_key, with that place. Errors: signing_key_unusable, file_open_to_others.
Result<MadeKey> first_key(const config::Config&);

}  // namespace tegata::server::keys
