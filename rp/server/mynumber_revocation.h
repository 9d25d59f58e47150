// Where answers on revoked My Number cards come from. JPKI's lists and responder are open to accredited verifiers only,
// so an operator says in [mynumber] what there is:
//   revocation = "none"     not judged
//   revocation = "list"     CRLs (DER) in the files `lists`, which something else keeps fresh; read when they change
//   revocation = "command"  `command` is run with two more arguments, the SHA-256 of the issuer (name and key) and the
//                           serial number, both in hexadecimal; it says "good" or "revoked" on one line of its standard
//                           output within 3 seconds and ends with 0, and everything else counts as "unknown"
#pragma once

#include "enroll/card_mynumber.h"
#include "rp/server/config.h"
#include "rp/server/log.h"

namespace tegata::server {

// `authorities` and `log` must outlive it. Safe to use from several threads.
card::MyNumberRevocation mynumber_revocation(const MyNumberConfig&, const card::MyNumberAuthorities&, const Log&);

}  // namespace tegata::server
