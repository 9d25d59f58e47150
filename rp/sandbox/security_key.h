// A security key (FIDO2, over USB) through libfido2, in the place of the authenticator that a phone has inside.
#pragma once

#include <fido.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

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
  // `path`: /dev/hidraw0, say. The key is ours alone until the end. Error: security_key_unreachable.
  static Result<SecurityKey> open(const std::string& path, KeyPrompts prompts);

  // As Authenticator::create and get. With `verify_user` by the key's own reader, else by its PIN.
  // Errors: json_*, base64url_malformed, security_key_cannot_verify, security_key_refused (the detail has the key's
  // word), those of the prompts; create: authenticator_excluded, authenticator_algorithm_unsupported; get:
  // authenticator_no_credential.
  Result<Json> create(const Json& creation_options, const std::string& origin, bool verify_user);
  Result<Json> get(const Json& request_options, const std::string& origin, bool verify_user);

 private:
  struct Close {
    void operator()(fido_dev_t* device) const;
  };
  using Device = std::unique_ptr<fido_dev_t, Close>;
  SecurityKey(Device device, KeyPrompts prompts) : device_(std::move(device)), prompts_(std::move(prompts)) {}
  // `ceremony` gets the PIN or null, and gives libfido2's answer.
  Status with_user(bool verify_user, const std::function<int(const char* pin)>& ceremony);
  std::string pin_trouble() const;

  Device device_;
  KeyPrompts prompts_;
};

}  // namespace tegata::sandbox
