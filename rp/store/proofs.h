// What may be used once and is made elsewhere: client assertions and DPoP proofs; and pushed authorization requests.
#pragma once

#include "rp/store/store.h"

namespace tegata::store {

// Remembers a proof until the moment from which it is refused for its age. False where it was seen before, and where
// that moment has come while it waited for its turn: it may have been seen and forgotten.
// Leaves no audit record: every poll of a client with a key brings one.
Result<bool> spend_proof(Transaction&, const Digest& proof, Instant forget_after);

// A pushed authorization request (RFC 9126).
struct PushedRequest {
  Digest id{};  // SHA-256 of the secret in its request_uri
  std::string client_id;
  Json parameters = Json::object();
  Instant expires_at{};
};
Status insert_pushed_request(Transaction&, const PushedRequest&);
// One conditional change: of that client, live and unused -> used. Its parameters, or nothing.
Result<std::optional<Json>> take_pushed_request(Transaction&, const Digest& id, const std::string& client_id);

}  // namespace tegata::store
