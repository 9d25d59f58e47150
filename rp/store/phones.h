// Ceremonies in which a bound phone signs in.
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

}  // namespace tegata::store
