// By which guess key the MACs of this database were made, so that another key is never taken for it. Of the key itself
// nothing is here: the mark is a MAC under it.
#pragma once

#include "rp/store/store.h"

namespace tegata::store {

// Nothing where no server has noted one yet.
Result<std::optional<Digest>> find_guess_key_mark(Reader&);
// In place of the one that was there.
Status put_guess_key_mark(Transaction&, const Digest&);

}  // namespace tegata::store
