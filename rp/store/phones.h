// What hangs on a bound phone: ceremonies in which one signs in, and everything that ends with it.
#pragma once

#include "rp/store/practitioners.h"

namespace tegata::store {

// A challenge given to a browser outside of a hand-off. One per cookie: a newer one replaces it.
struct Ceremony {
  Digest cookie{};
  Bytes challenge;
  Instant expires_at{};
};
// Also forgets those that have ended.
Status put_ceremony(Transaction&, const Ceremony&);
Result<std::optional<Ceremony>> find_ceremony(Reader&, const Digest& cookie, Instant now);
// One conditional change: there, live, and of this challenge -> gone.
Result<bool> take_ceremony(Transaction&, const Ceremony&);

// What ended with a phone.
struct EndedWithPhone {
  std::int64_t passes = 0;       // of activations that it approved
  std::int64_t activations = 0;  // approved and not yet redeemed
  std::int64_t tickets = 0;      // open ones that a phone of the person began, or may have approved
  std::int64_t sessions = 0;     // that it signed in
};
// Ends all of it. `why` becomes the reason of the passes and hand-offs.
Result<EndedWithPhone> end_with_phone(Transaction&, ByteView credential_id, const std::string& practitioner_id,
                                      const std::string& why);

}  // namespace tegata::store
