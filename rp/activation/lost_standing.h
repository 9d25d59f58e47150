// Why a request goes no further: something that it rests on does not stand any more.
#pragma once

#include "rp/store/handoffs.h"

namespace tegata::activation {

// The reason that the store gives, as the error of a request; what has a name on phones and at the token endpoint keeps
// it. `subject`: for the log.
Error lost_standing(ErrorCode reason, const std::string& subject);

// For whoever was refused by Condition::standing, in the same transaction; `otherwise` where all stands and another
// condition failed.
Error cause_of_refusal(store::Reader&, const std::string& handoff_id, store::Standing, Instant now,
                       const store::Change&, ErrorCode otherwise);

}  // namespace tegata::activation
