// The keys that sign passes: which there are, and since when. Their private parts are never here; `material` says where
// they lie.
#pragma once

#include "rp/pass/key_life.h"
#include "rp/store/store.h"

namespace tegata::store {

struct SigningKeyRow {
  std::string kid;
  std::string material;  // for rp/server/keys/key_material
  Json public_jwk = Json::object();
  Instant published_at{};
  pass::KeyTimes times;
};

// All that ever were, in the order in which they came or will come into use.
Result<std::vector<SigningKeyRow>> list_signing_keys(Reader&);

// The first key of all; passes from before keys were kept are taken to be its own. False where there are keys.
Result<bool> adopt_signing_key(Transaction&, const SigningKeyRow&);

// One that is to come into use at use_from. False where another waits for its turn already; one that is in use at once
// asks nobody.
Result<bool> publish_signing_key(Transaction&, const SigningKeyRow&);

// Withdraws that key, or every one there is, and ends the passes that they signed, from this moment on.
struct Withdrawal {
  std::vector<std::string> kids;
  std::int64_t passes = 0;
};
Result<Withdrawal> withdraw_signing_keys(Transaction&, const std::optional<std::string>& kid);
// What that would end.
Result<Withdrawal> preview_withdrawal(Reader&, const std::optional<std::string>& kid, Instant now);

}  // namespace tegata::store
