// The calls of the page of /authorize: what is asked, by which method, yes or no, and where the browser goes then.
// Each names its transaction by `id` and shows the cookie of it.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// POST {public}/api/authorize/{look,phone,options,passkey,card,decline,finish}
http::Response authorize_look(const Services&, const http::Request&);
http::Response authorize_phone(const Services&, const http::Request&);
http::Response authorize_options(const Services&, const http::Request&);
http::Response authorize_passkey(const Services&, const http::Request&);
http::Response authorize_card(const Services&, const http::Request&);
http::Response authorize_decline(const Services&, const http::Request&);
http::Response authorize_finish(const Services&, const http::Request&);

}  // namespace tegata::activation
