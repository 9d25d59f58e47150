// Changing to a new phone: a ticket that somebody who manages phones began asks the new phone to prove itself, and only
// then is the old one offered for removal.
//
// A phone that cannot be registered because a synced credential of the person is on it already *is* bound: its proof
// fulfils the ticket, and that credential is never offered for removal.
#pragma once

#include "enroll/proof.h"
#include "enroll/ticket.h"

namespace tegata::enroll {

// Whether the ticket belongs to a change of phones; set when it is issued.
bool is_change(const store::Handoff&);
Json change_mark(const store::Session&);

struct ChangeView {
  bool proven = false;
  bool already_bound = false;  // nothing was registered: the phone had a bound credential
};
ChangeView view_change(const store::Handoff&);

// Which phones may be offered for removal now: none before the new one has proven itself, and never that one.
std::vector<Bytes> removable(const store::Handoff&, const std::vector<store::BoundCredential>& phones);

// For the phone that owns the ticket. A registered one is asked for its own credential, one that is not for any of the
// person's. Errors: those of a ticket; ticket_no_bound_phone, where the person has none.
Result<Json> prove_options(const Services&, const http::Request&, const std::string& secret, const Digest& owner);
// Gives the label. Errors: as options, those of verify_proof. After any of them the ticket is as before.
Result<std::string> prove_phone(const Services&, const http::Request&, const std::string& secret, const Digest& owner,
                                const webauthn::AuthenticationResponse&);

}  // namespace tegata::enroll
