// What happens to bound phones: added, renamed, removed. Each change stands in one transaction with its audit record
// and the notice to its owner; removing one ends what it holds.
#pragma once

#include "enroll/label.h"
#include "enroll/services.h"
#include "rp/store/phones.h"

namespace tegata::enroll {

// Who changes a phone: actor, request_id and source of the audit record; the rest is filled in here.
using Author = store::AuditEvent;
Author author(const http::Request&, std::string actor);
// "practitioner", "operator": who did it, without saying which one.
std::string kind_of_actor(const Author&);

store::PhoneLimits phone_limits(const Settings&);

// Binds `phone` under the first label that is free; gives the label. The caller records the audit event (it knows the
// ceremony). Errors: store_too_many_phones, ticket_credential_known.
Result<std::string> bind_phone(store::Transaction&, const Settings&, store::BoundCredential phone,
                               const BrowserIdentity&);

// `label` is clean. Errors: store_label_taken, devices_phone_unknown.
Status rename_phone(store::Transaction&, const Settings&, const Author&, const store::BoundCredential& phone,
                    const std::string& label);

// Ends its open activations, passes, tickets and sessions with it. `kind` is "credential_removed" (by its owner) or
// "credential_revoked" (by an operator). Error: devices_phone_unknown.
Result<store::EndedWithPhone> remove_phone(store::Transaction&, const Author&, const store::BoundCredential& phone,
                                           const std::string& kind, const std::string& why);

}  // namespace tegata::enroll
