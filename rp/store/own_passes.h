// What one person has allowed and still counts, for that person's own pages.
#pragma once

#include "rp/store/handoffs.h"
#include "rp/store/passes.h"

namespace tegata::store {

// By the person whose pass it is, not by a client. Conditional on that person and not yet revoked; true if it changed.
Result<bool> revoke_pass_of_practitioner(Transaction&, const std::string& handoff_id,
                                         const std::string& practitioner_id, const std::string& why);
// Not revoked, not past their time; the newest first.
Result<std::vector<IssuedPass>> live_passes_of_practitioner(Reader&, const std::string& practitioner_id, Instant now);
// Approved by that person and not yet redeemed, the newest first.
Result<std::vector<Handoff>> approved_activations_of(Reader&, const std::string& practitioner_id, Instant now);

}  // namespace tegata::store
