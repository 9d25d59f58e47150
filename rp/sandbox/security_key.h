// A security key (FIDO2, over USB) through libfido2, in the place of the authenticator that a phone has inside.
#pragma once

#include <fido.h>

#include <functional>
#include <memory>

#include "rp/base/json.h"

namespace tegata::sandbox {

// What the person at the key is asked for.
struct KeyPrompts {
  // The PIN of a key that cannot know the person by itself. `trouble`: what was wrong with the last one, or empty.
  std::function<Result<std::string>(const std::string& trouble)> pin;
  // Before every ceremony: the key waits for a touch.
  std::function<void()> touch;
};

class SecurityKey {
 public:
  // `path`: /dev/hidraw0, say. Other programs of libfido2 are kept out until the end. `verify_user`: in every ceremony,
  // by the key's own reader, or by its PIN where it has none or does not know its person.
  // Errors: security_key_unreachable, security_key_cannot_verify (neither reader nor PIN).
  static Result<SecurityKey> open(const std::string& path, bool verify_user, KeyPrompts prompts);

  // As Authenticator::create and get. Errors: json_*, base64url_malformed, internal, security_key_refused (the detail
  // says what to do), those of the prompts; create: authenticator_excluded, authenticator_algorithm_unsupported; get:
  // authenticator_no_credential, webauthn_cbor_*.
  Result<Json> create(const Json& creation_options, const std::string& origin);
  Result<Json> get(const Json& request_options, const std::string& origin);

 private:
  struct Close {
    void operator()(fido_dev_t* device) const;
  };
  using Device = std::unique_ptr<fido_dev_t, Close>;
  SecurityKey(Device device, bool verify_user, KeyPrompts prompts)
      : device_(std::move(device)), verify_user_(verify_user), prompts_(std::move(prompts)) {}
  // `ceremony` gets the PIN or null, and gives libfido2's answer.
  Status with_user(const std::function<int(const char* pin)>& ceremony);
  std::string pin_trouble() const;

  Device device_;
  bool verify_user_;
  KeyPrompts prompts_;
};

}  // namespace tegata::sandbox
