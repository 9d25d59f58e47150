// The keys that sign passes, as handlers see them: they change while the server runs.
#pragma once

#include <functional>
#include <memory>

#include "rp/pass/signing_key.h"

namespace tegata::pass {

class SigningKeys {
 public:
  using Set = std::shared_ptr<const KeySet>;
  // `look` gives the set as it stands; where told to, after looking into the store, else one of the last moments.
  // Called from several threads, and never within an operation of the store.
  explicit SigningKeys(std::function<Set(bool newest)> look) : look_(std::move(look)) {}
  // Keys that never change.
  SigningKeys(Set fixed) : look_([fixed = std::move(fixed)](bool) { return fixed; }) {}

  // Cheap; what verifies or signs by it relies on the store for the last word (see insert_pass, verify_status).
  Set recent() const { return look_(false); }
  // For what is told to the world and asks the store nothing else.
  Set newest() const { return look_(true); }
  // Error: signing_key_unusable.
  Result<SigningKey> find(const std::string& kid) const;

 private:
  std::function<Set(bool)> look_;
};

}  // namespace tegata::pass
