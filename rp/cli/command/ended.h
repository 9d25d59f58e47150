// What a command ended: as JSON, and as a line of text.
#pragma once

#include "rp/base/json.h"
#include "rp/store/standing.h"

namespace tegata::cli::command {

Json describe_ended(const store::EndedRequests&);
// Nothing where `answer` has no "ended".
void print_ended(const Json& answer);

}  // namespace tegata::cli::command
