// Where answers on revoked My Number cards come from. JPKI's lists and responder are open to accredited verifiers only,
// so an operator says in [mynumber] what there is:
//   revocation = "none"     not judged
//   revocation = "list"     CRLs (DER) in the files `lists`, which something else keeps fresh; read when they change.
//                           What any of them names is revoked, however old it is; a card passes where one in force
//                           speaks for its authority and none names it
//   revocation = "command"  `command` is run with two more arguments, the SHA-256 of the issuer (name and key) and the
//                           serial number, both in hexadecimal; it says "good" or "revoked" on one line of its standard
//                           output within 3 seconds and ends with 0, and everything else counts as "unknown"
#pragma once

#include "enroll/card/mynumber.h"
#include "rp/server/config/config.h"
#include "rp/server/running/log.h"

namespace tegata::server::revocation {

struct MyNumberSource {
  card::MyNumberRevocation answer = card::no_mynumber_revocation();
  // Lines for /readyz: a file without a list in force, a command that gave no answer when it was last asked.
  std::function<std::string(Instant now)> warnings = [](Instant) { return std::string(); };
  // Of each file, whether a list in force is in it, and when the last of its lists ends.
  std::function<std::string(Instant now)> figures = [](Instant) { return std::string(); };
};

// `log` must outlive it. Safe to use from several threads.
MyNumberSource mynumber_revocation(const config::MyNumberConfig&, const card::MyNumberAuthorities&,
                                   const running::Log&);

}  // namespace tegata::server::revocation
