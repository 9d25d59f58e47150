// What a person has allowed and what still counts, on the person's own pages: the list, and the end of one entry by one
// tap.
//
// Shown only to who proved to be that person: the phone that approved a request, for a quarter of an hour, or a session
// of the page of phones.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// POST {public}/api/activation/passes: {passes: [{pass, facility_name, terminal_name, since, until, redeemed, here}],
// now}
http::Response own_passes(const Services&, const http::Request&);

// POST {public}/api/activation/end_pass, with `pass` as the list names it. The pass is revoked, or the approval
// withdrawn where no pass was fetched yet; from then on no introspection finds it active.
http::Response end_own_pass(const Services&, const http::Request&);

}  // namespace tegata::activation
