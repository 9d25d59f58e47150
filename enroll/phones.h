// What happens to bound phones: added, renamed, removed. Each change stands in one transaction with its audit record
// and the notice to its owner; removing one ends what it holds.
#pragma once

#include "enroll/label.h"
#include "enroll/services.h"
#include "rp/store/practitioners.h"

namespace tegata::enroll {

// Who changes a phone: actor, request_id and source of the audit record; the rest is filled in here.
using Author = store::AuditEvent;
Author author(const http::Request&, std::string actor);
// The author's record of what was done to `subject`.
store::AuditEvent record_of(const Author&, std::string kind, std::string subject, Json details);
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

// Ends what it approved, its tickets and sessions with it; with Reach::everything also the phones that it added, whose
// owner is told of each; a phone that was removed before is good for that, too. `kind` is "credential_removed" (by its
// owner) or "credential_revoked" (by an operator). Error: devices_phone_unknown.
Result<store::Ended> remove_phone(store::Transaction&, const Author&, const store::BoundCredential& phone,
                                  const std::string& kind, const std::string& why,
                                  store::Reach reach = store::Reach::itself);

// How far the end of a revoked card goes.
store::Reach reach_of_revocation(const card::CardTrust&);

// Tells the owners of phones that stopped; `by` is "card_revoked", or the kind of the removal that they ended with.
Status put_stopped_notices(store::Transaction&, const store::Ended&, const std::string& by);

}  // namespace tegata::enroll
