// The outbox: what people are to be told, written in the transaction of what happened, delivered later.
//
// Every channel delivers in the order of the numbers and notes how far it has come, so each notice is delivered at
// least once, and twice only where a channel died between a delivery and its note.
#pragma once

#include "rp/store/store.h"

namespace tegata::store {

struct Notice {
  std::int64_t number = 0;
  Instant at{};
  // "phone_added", "phone_removed", "phone_renamed", "phone_stopped" (its card was revoked), "mynumber_linked",
  // "mynumber_replaced", "mynumber_unlinked"
  std::string kind;
  std::string practitioner_id;
  Json details = Json::object();  // no secrets: label, way, who
  std::string mail = {};          // the person's address as it is now; empty: none
};

Status put_notice(Transaction&, const std::string& kind, const std::string& practitioner_id, const Json& details);
// Those behind `number`, oldest first.
Result<std::vector<Notice>> list_notices(Reader&, std::int64_t number, std::int64_t limit);

// How far a channel has come. One that nobody has opened is absent.
Result<std::optional<std::int64_t>> find_channel(Reader&, const std::string& name);
// Begins at the newest notice; one that is open already stays where it is. Whether it is new.
Result<bool> open_channel(Transaction&, const std::string& name);
// One conditional change: the channel stood at `from` -> `to`.
Result<bool> note_delivered(Transaction&, const std::string& name, std::int64_t from, std::int64_t to);
Result<std::int64_t> newest_notice(Reader&);

}  // namespace tegata::store
