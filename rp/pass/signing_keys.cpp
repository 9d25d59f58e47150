#include "rp/pass/signing_keys.h"

#include "rp/pass/errors.h"

namespace tegata::pass {

Result<SigningKey> SigningKeys::find(const std::string& kid) const {
  for (const bool newest : {false, true}) {
    const Set set = look_(newest);
    if (const auto* key = set->find(kid)) return *key;
  }
  return Error(errors::signing_key_unusable, kid + " is not here");
}

}  // namespace tegata::pass
