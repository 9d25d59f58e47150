// What the log says happened since a copy was made: what took something away is done again, what gave something is
// listed. docs/decisions/0026-restore.md says why no right is given by it.
#pragma once

#include <span>

#include "rp/store/audit/log.h"

namespace tegata::store {
class Transaction;
}  // namespace tegata::store

namespace tegata::store::upkeep {

// What becomes of the records of a kind.
enum class Replaying {
  again,    // takes away, and is done again
  missing,  // gave or changed something: people have to do it again
  ended,    // of what the restore ends by itself
  nothing,  // has no effect that a copy could lack
};
struct ReplayedKind {
  std::string_view kind;
  Replaying replaying;
  std::string_view what_to_do;  // of Replaying::missing
};
// Every kind that is recorded anywhere but refusals ("..._refused"), by name; tests/checks holds the sources against
// it.
std::span<const ReplayedKind> replayed_kinds();

struct Replay {
  std::int64_t first = 0, last = 0;  // of the records that came from exports; 0: none
  struct Done {
    std::int64_t record = 0;
    std::string kind, subject;
    bool changed = false;  // false: the copy did not have it, or it had ended already
  };
  std::vector<Done> done;
  struct Missing {
    std::string kind, what_to_do;
    std::int64_t count = 0;
    std::vector<std::string> subjects;  // the first ones
  };
  std::vector<Missing> missing;  // by kind, in the order of their first records
};
// With the first thousand of what was done; all of it stands in the log besides.
Json describe(const Replay&);

// Goes through the records behind `copy_ends` up to `last`, which stand in the log of the transaction already.
Result<Replay> replay(Transaction&, std::int64_t copy_ends, std::int64_t last);

}  // namespace tegata::store::upkeep
